"""Gets the jars of Kafka, Delta and Spark's Kafka source, and checks every one against jars.lock."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
from pathlib import Path

from emulators.errors import EmulatorError

HERE = Path(__file__).resolve().parent
LOCK = HERE / "jars.lock"
DEPENDENCIES = HERE / "ivy.xml"


def ensure_jars(folder: Path, java: Path) -> None:
    """Put every jar of the lock into `<folder>/<class path>/`, from Ivy's cache or Maven Central.

    A folder that once passed the check against this lock is not checked again, so a warm start costs nothing
    and needs no network.

    Raises:
        EmulatorError: a jar could not be fetched, or is not the one the lock names.
    """
    lock = LOCK.read_text()
    verified = folder / ".verified"
    if verified.exists() and verified.read_text() == lock:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _retrieve(folder, java)
    wanted = {name: checksum for checksum, name in map(str.split, lock.splitlines())}
    found = checksums(folder)
    if found != wanted:
        wrong = sorted(set(wanted.items()) ^ set(found.items()))
        names = ", ".join(sorted({name for name, _ in wrong}))
        raise EmulatorError(
            f"these jars are missing or differ from emulators/runtime/jars.lock: {names}. "
            "Remove them from ~/.ivy2/cache and run again."
        )
    verified.write_text(lock)


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
