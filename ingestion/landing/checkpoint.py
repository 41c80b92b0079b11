"""Ties a checkpoint folder to the one bronze table and hub it belongs to, and reads Spark's logs in it."""

from __future__ import annotations

import json
import os
import re
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingestion.errors import LandingError
from ingestion.landing.batch import offsets_of

IDENTITY_FILE = "ingester.json"
LOCK_NAME = "ingester"

OWN_FILES = re.compile(r"ingester\.(json|json\.\d+|lock|spark\.lock)")
"""The ingester's files in a checkpoint: its identity, one that was cut short, its locks."""

LOG_FILES = re.compile(r"\d+|\.\d+\.crc|\.\d+\.[0-9a-f-]{36}\.tmp|\.\.\d+\.[0-9a-f-]{36}\.tmp\.crc")
"""What Spark writes into its logs: a file for each batch, its checksum, and either one under way."""


@dataclass(frozen=True)
class Identity:
    """What a checkpoint belongs to.

    `app_id` is Delta's txnAppId of every batch written from it. Spark counts batches from 0 in every
    checkpoint; `first_batch_id` is the number of the first one in the tables, where numbers go on rising.
    """

    app_id: str
    table_id: str
    event_hub: str
    topic_id: str | None
    first_batch_id: int = 0


def read_identity(checkpoint: Path) -> Identity | None:
    """The identity kept in a checkpoint; None for a new one.

    Raises:
        LandingError: the folder holds something, but no readable identity.
    """
    file = checkpoint / IDENTITY_FILE
    try:
        return Identity(**json.loads(file.read_text()))
    except FileNotFoundError:
        check_place(checkpoint)
        return None
    except (OSError, ValueError, TypeError) as error:
        raise LandingError(f"{file} is not readable ({error}). {RESTORE}") from error


def check_place(checkpoint: Path) -> None:
    """See to it that a folder may serve as a checkpoint: it is the ingester's own, empty, or yet to be made.

    Raises:
        LandingError: it holds files of somebody else, or is a file.
    """
    try:
        names = {each.name for each in checkpoint.iterdir()}
    except FileNotFoundError:
        return
    except OSError as error:
        raise LandingError(
            f"INGESTION_CHECKPOINT={str(checkpoint)!r} cannot be used ({error.strerror}): name a new or "
            "empty folder."
        ) from error
    foreign = sorted(name for name in names if not OWN_FILES.fullmatch(name))
    if foreign and IDENTITY_FILE not in names:
        raise LandingError(
            f"INGESTION_CHECKPOINT={str(checkpoint)!r} is not a checkpoint of the ingester: it holds "
            f"{foreign[0]!r}, but no {IDENTITY_FILE}. Nothing was changed there. Name a new or empty folder."
        )


def new_identity(
    checkpoint: Path, table_id: str, event_hub: str, topic_id: str | None, first_batch_id: int
) -> Identity:
    """Make and keep the identity of a checkpoint that has planned no batch yet.

    Raises:
        LandingError: the folder is not the ingester's own.
    """
    check_place(checkpoint)
    if (checkpoint / IDENTITY_FILE).exists():
        # A start that was cut short may have kept where it would have begun.
        _clear_logs(checkpoint)
    identity = Identity(f"ingestion-{uuid.uuid4()}", table_id, event_hub, topic_id, first_batch_id)
    checkpoint.mkdir(parents=True, exist_ok=True)
    temporary = checkpoint / f"{IDENTITY_FILE}.{os.getpid()}"
    with temporary.open("w") as stream:
        json.dump(asdict(identity), stream)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(checkpoint / IDENTITY_FILE)
    return identity


def _clear_logs(checkpoint: Path) -> None:
    """Delete what Spark wrote into a checkpoint, and nothing else: other files, and their folders, stay."""
    for folder in (checkpoint / "offsets", checkpoint / "commits", checkpoint / "sources" / "0"):
        for file in folder.glob("*"):
            if LOG_FILES.fullmatch(file.name) and file.is_file():
                file.unlink()
    for name in ("offsets", "commits", "sources/0", "sources"):
        with suppress(OSError):  # it is not there, or holds something else
            (checkpoint / name).rmdir()
    metadata = checkpoint / "metadata"
    with suppress(OSError, ValueError, AttributeError):
        if json.loads(metadata.read_text()).keys() == {"id"}:
            metadata.unlink()
            (checkpoint / ".metadata.crc").unlink(missing_ok=True)


def check_identity(checkpoint: Path, kept: Identity, now: Identity, table: str) -> None:
    """See to it that a checkpoint goes on with the table and the hub it was made for.

    Raises:
        LandingError: it belongs to another table or hub.
    """
    if kept.event_hub != now.event_hub:
        raise LandingError(
            f"checkpoint {checkpoint} belongs to hub {kept.event_hub!r}, not {now.event_hub!r}: "
            "set INGESTION_CHECKPOINT to a folder of this hub's own."
        )
    if kept.table_id != now.table_id:
        raise LandingError(
            f"checkpoint {checkpoint} belongs to another table than {table} is now (was it dropped and made "
            "anew?): delete the checkpoint to land everything the hub still holds."
        )
    if kept.topic_id and now.topic_id and kept.topic_id != now.topic_id:
        raise LandingError(recreated(now.event_hub, checkpoint))


def recreated(event_hub: str, checkpoint: Path) -> str:
    """What to say when offsets no longer mean what the checkpoint and the table took them for."""
    return (
        f"hub {event_hub!r} is not the one checkpoint {checkpoint} was made for: it was recreated, or "
        "messages expired before they were landed. Nothing was written. Give the new hub a name of its own: "
        "see 'Hub recreated' in docs/operations.md."
    )


@dataclass(frozen=True)
class Progress:
    """What Spark's logs in a checkpoint say: batches by Spark's own numbers."""

    checkpoint: Path
    event_hub: str

    @property
    def planned(self) -> int | None:
        """The latest batch that was planned; None before the first."""
        return max(_numbers(self.checkpoint / "offsets"), default=None)

    @property
    def committed(self) -> list[int]:
        """The batches that are done, of those that Spark still keeps (the latest hundred)."""
        return _numbers(self.checkpoint / "commits")

    def offsets(self, batch: int) -> dict[int, int]:
        """The offset after a planned batch, by partition.

        Raises:
            LandingError: Spark's offset log is not readable.
        """
        return self._planned(batch)[0]

    def planned_at(self, batch: int) -> datetime:
        """When a batch was planned.

        Raises:
            LandingError: Spark's offset log is not readable.
        """
        return self._planned(batch)[1]

    def from_offsets(self, batch: int) -> dict[int, int] | None:
        """Where a batch begins, by partition; None when Spark no longer keeps it."""
        try:
            return self.offsets(batch - 1) if batch else self.initial_offsets()
        except LandingError:
            return None

    def initial_offsets(self) -> dict[int, int]:
        """Where the first batch begins, by partition.

        Raises:
            LandingError: what Spark keeps of it is not readable.
        """
        file = self.checkpoint / "sources" / "0" / "0"
        try:
            # A zero byte, a version, the offsets.
            version, offsets = file.read_bytes().split(b"\n", 1)
            if re.fullmatch(rb"\0?v\d+", version) and not version.endswith(b"v1"):
                raise UnknownFormatError(f"{file} is of version {version!r}, which only Spark reads")
            return offsets_of(offsets.decode(), self.event_hub)
        except (OSError, ValueError, LookupError, AttributeError) as error:
            raise _torn(file, error) from error

    def check(self) -> None:
        """See to it that Spark can go on: what the latest batch needs is readable.

        Raises:
            UnknownFormatError: a file is of a version that this module does not know.
            LandingError: a file is torn, as after a crash of the machine.
        """
        if (latest := self.planned) is None:
            return
        for batch in (latest - 1, latest):
            if batch >= 0:
                self.offsets(batch)
        committed = max(self.committed, default=-1)
        if committed not in (latest - 1, latest):
            raise LandingError(
                f"checkpoint {self.checkpoint} is torn: batch {latest} was planned, and {committed} is the "
                f"last that ended. {RESTORE}"
            )
        if committed >= 0:
            _read_log(self.checkpoint / "commits" / str(committed), 2)
        file = self.checkpoint / "metadata"
        try:
            json.loads(file.read_text())["id"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise _torn(file, error) from error
        self.initial_offsets()

    def _planned(self, batch: int) -> tuple[dict[int, int], datetime]:
        # A version, metadata, the offsets of the one source.
        file = self.checkpoint / "offsets" / str(batch)
        metadata, offsets = _read_log(file, 3)
        try:
            hubs = {str(hub) for hub in offsets}
            if hubs != {self.event_hub}:
                raise ValueError(f"it is of hub {', '.join(hubs)!r}, not {self.event_hub!r}")
            planned_at = datetime.fromtimestamp(metadata["batchTimestampMs"] / 1000, UTC)
            return offsets_of(offsets, self.event_hub), planned_at
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise _torn(file, error) from error


class UnknownFormatError(LandingError):
    """A log of Spark's is of a version that this module cannot read; Spark itself may well."""


RESTORE = (
    "Restore the checkpoint from a copy, or delete it and go on after the rows of the table with "
    "--from-table."
)


def _numbers(folder: Path) -> list[int]:
    return sorted(int(file.name) for file in folder.glob("*") if file.name.isdecimal())


def _read_log(file: Path, lines: int) -> list[Any]:
    """The JSON of a log file of Spark's, without its version line.

    Raises:
        UnknownFormatError: it is of another version.
        LandingError: it is torn.
    """
    try:
        version, *rest = file.read_text().splitlines()
        if re.fullmatch(r"v\d+", version) and version != "v1":
            raise UnknownFormatError(f"{file} is of version {version}, which only Spark reads")
        if version != "v1" or len(rest) + 1 != lines:
            raise ValueError(f"{len(rest) + 1} lines, the first {version!r}")
        return [json.loads(line) for line in rest]
    except (OSError, ValueError) as error:
        raise _torn(file, error) from error


def _torn(file: Path, error: Exception) -> LandingError:
    reason = " ".join(str(error).split())[:100]
    return LandingError(f"{file} is not readable ({reason}). {RESTORE}")
