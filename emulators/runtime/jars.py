"""Gets the jars of Kafka, Delta and Spark's Kafka source, and checks every one against jars.lock."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
from pathlib import Path

from emulators.errors import EmulatorError
from emulators.files import locked

HERE = Path(__file__).resolve().parent
LOCK = HERE / "jars.lock"
DEPENDENCIES = HERE / "ivy.xml"
VERIFIED = ".verified"
"""Holds the lock that the jars beside it were checked against."""


def ensure_jars(folder: Path, java: Path) -> None:
    """Put every jar of the lock into `<folder>/<class path>/`, from Ivy's cache or Maven Central.

    A folder that once passed the check against this lock is not checked again, so a warm start costs nothing
    and needs no network. It is shared by all homes of a checkout: one process fetches, beside it, and others
    wait.

    Raises:
        EmulatorError: a jar could not be fetched, or is not the one the lock names.
    """
    lock = LOCK.read_text()
    if _is_verified(folder, lock):
        return
    with locked(in_use(folder)):
        if not _is_verified(folder, lock):
            _fetch(folder, lock, java)


def in_use(folder: Path) -> Path:
    """The lock of who changes the jars, or what else the folder holds."""
    return folder.with_name(f"{folder.name}.in-use")


def _is_verified(folder: Path, lock: str) -> bool:
    verified = folder / VERIFIED
    return verified.exists() and verified.read_text() == lock


def _fetch(folder: Path, lock: str, java: Path) -> None:
    fetched, former = (folder.with_name(f"{folder.name}.{suffix}") for suffix in ("fetched", "former"))
    for each in (fetched, former):
        shutil.rmtree(each, ignore_errors=True)
    fetched.mkdir(parents=True)
    _retrieve(fetched, java)
    wanted = {name: checksum for checksum, name in map(str.split, lock.splitlines())}
    found = checksums(fetched)
    if found != wanted:
        wrong = sorted(set(wanted.items()) ^ set(found.items()))
        names = ", ".join(sorted({name for name, _ in wrong}))
        raise EmulatorError(
            f"these jars are missing or differ from emulators/runtime/jars.lock: {names}. "
            "Remove them from ~/.ivy2/cache and run again."
        )
    (fetched / VERIFIED).write_text(lock)
    if folder.exists():
        folder.rename(former)
    fetched.rename(folder)
    shutil.rmtree(former, ignore_errors=True)


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of each jar, by its path below the folder."""
    return {
        str(jar.relative_to(folder)): hashlib.sha256(jar.read_bytes()).hexdigest()
        for jar in sorted(folder.glob("*/*.jar"))
    }


def pyspark_jars() -> Path:
    """The folder of the jars that PySpark brings.

    Raises:
        EmulatorError: PySpark is not installed.
    """
    spark = importlib.util.find_spec("pyspark")
    if spark is None or spark.origin is None:
        raise EmulatorError("pyspark is not installed: run `make setup`.")
    return Path(spark.origin).parent / "jars"


def _retrieve(folder: Path, java: Path) -> None:
    ivy = next(pyspark_jars().glob("ivy-*.jar"))
    command = [str(java), "-jar", str(ivy), "-error", "-ivy", str(DEPENDENCIES), "-types", "jar", "bundle"]
    command += ["-retrieve", str(folder / "[conf]" / "[artifact]-[revision].[ext]")]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode != 0:
        reason = (answer.stdout + answer.stderr).strip().splitlines()[-1:]
        raise EmulatorError(
            f"the jars could not be fetched from Maven Central ({' '.join(reason)}): "
            "check the network or proxy and run again."
        )
