"""Archives the classes that Spark loads, once, for every JVM of this checkout to map instead of loading them.

Java's application class-data sharing (JEP 310 and 350): a JVM with `-XX:ArchiveClassesAtExit` writes what it
has loaded when it ends, and one with `-XX:SharedArchiveFile` takes it from there. It compares Java and the
class path with those of the archive, and does without where they differ.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import typer

from emulators.files import locked
from emulators.runtime.environment import service_environment
from emulators.runtime.jars import in_use, pyspark_jars
from emulators.settings import REPOSITORY, Settings


def archive_of(settings: Settings, java: Path) -> Path:
    """The file of the archive of this Java and these jars, whether it is written or not."""
    jars = (*pyspark_jars().glob("*.jar"), *(settings.jars / "spark").glob("*.jar"))
    states = ((file, file.stat()) for file in (java.resolve(), *sorted(jars)))
    content = "".join(f"{file} {state.st_size} {state.st_mtime_ns}\n" for file, state in states)
    return settings.jars / f"classes-{hashlib.sha256(content.encode()).hexdigest()[:16]}.jsa"


def java_options(settings: Settings, java: Path) -> str:
    """The options of a JVM that maps the archive, quoted as Spark reads them; none without one."""
    archive = archive_of(settings, java)
    return f'"-XX:SharedArchiveFile={archive}" -Xlog:cds=off' if archive.exists() else ""


def ensure_class_archive(settings: Settings, java: Path) -> None:
    """Write the archive unless it is there: Spark starts, runs a few statements and ends, within a minute.

    Without it all works, and a start takes some seconds longer; a Java that cannot write it is told of. All
    homes of a checkout share it: one process writes it, and others wait.
    """
    if archive_of(settings, java).exists():
        return
    with locked(in_use(settings.jars)):
        archive = archive_of(settings, java)
        if not archive.exists():
            _write(archive, settings, java)


def _write(archive: Path, settings: Settings, java: Path) -> None:
    typer.echo("archiving Spark's classes, for it to start faster …", err=True)
    for former in settings.jars.glob("classes-*"):
        former.unlink()
    unfinished = archive.with_suffix(".unfinished")
    run = subprocess.run(
        [sys.executable, "-m", "emulators.runtime.rehearsal", str(unfinished)],
        cwd=REPOSITORY,
        env=service_environment(settings, java),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if run.returncode == 0 and unfinished.exists():
        unfinished.rename(archive)
    else:
        reason = (run.stdout + run.stderr).strip().splitlines()[-1:]
        typer.echo(f"they could not be archived, and it starts slower ({' '.join(reason)})", err=True)
