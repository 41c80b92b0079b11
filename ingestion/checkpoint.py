"""Ties a checkpoint folder to the one bronze table and hub it belongs to, and to one ingester at a time."""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from ingestion.errors import LandingError

IDENTITY_FILE = "ingester.json"
LOCK_FILE = "ingester.lock"


@dataclass(frozen=True)
class Identity:
    """What a checkpoint belongs to; `app_id` is Delta's txnAppId of every batch written from it."""

    app_id: str
    table_id: str
    event_hub: str
    topic_id: str | None


def read_identity(checkpoint: Path) -> Identity | None:
    """The identity kept in a checkpoint; None for a new one.

    Raises:
        LandingError: the folder holds a stream's progress but no readable identity.
    """
    file = checkpoint / IDENTITY_FILE
    try:
        return Identity(**json.loads(file.read_text()))
    except FileNotFoundError:
        if (checkpoint / "offsets").is_dir():
            raise LandingError(
                f"checkpoint {checkpoint} is not the ingester's own ({IDENTITY_FILE} is missing): "
                "set INGESTION_CHECKPOINT to a new folder."
            ) from None
        return None
    except (OSError, ValueError, TypeError) as error:
        raise LandingError(
            f"{file} is not readable ({error}): restore the checkpoint from a copy, or start a new one with "
            "--from-table."
        ) from error


def new_identity(checkpoint: Path, table_id: str, event_hub: str, topic_id: str | None) -> Identity:
    """Make and keep the identity of a new checkpoint."""
    identity = Identity(f"ingestion-{uuid.uuid4()}", table_id, event_hub, topic_id)
    checkpoint.mkdir(parents=True, exist_ok=True)
    temporary = checkpoint / f"{IDENTITY_FILE}.{os.getpid()}"
    temporary.write_text(json.dumps(asdict(identity)))
    temporary.replace(checkpoint / IDENTITY_FILE)
    return identity


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
        "messages expired before they were landed. Nothing was written. Give the new hub a name of its own, "
        "or move the bronze table away and start a new checkpoint."
    )


def planned_offsets(checkpoint: Path, event_hub: str) -> dict[str, int]:
    """Where the latest batch that a checkpoint knows of ends, by partition; empty before the first batch.

    Raises:
        LandingError: Spark's offset log is not readable.
    """
    # Spark writes one file per batch, named by its number: a version line, metadata, the offsets.
    batches = [file for file in (checkpoint / "offsets").glob("*") if file.name.isdecimal()]
    if not batches:
        return {}
    latest = max(batches, key=lambda file: int(file.name))
    try:
        offsets: dict[str, int] = json.loads(latest.read_text().splitlines()[2])[event_hub]
    except (OSError, ValueError, LookupError) as error:
        raise LandingError(
            f"{latest} is not an offset log of hub {event_hub!r} ({error!r}): restore the checkpoint."
        ) from error
    return offsets


@contextmanager
def exclusive(checkpoint: Path) -> Iterator[None]:
    """Keep other ingesters away from a checkpoint; the system lets go when the process ends, however it ends.

    Raises:
        LandingError: another ingester holds it.
    """
    checkpoint.mkdir(parents=True, exist_ok=True)
    with (checkpoint / LOCK_FILE).open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LandingError(
                f"another ingester is running on checkpoint {checkpoint}: stop it, or wait until it ends."
            ) from None
        except OSError:
            # Mounted volumes of Databricks do not lock; there the job allows one run at a time.
            pass
        yield
