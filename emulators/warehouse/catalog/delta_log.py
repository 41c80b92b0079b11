"""Reads a Delta table's transaction log without Spark: which version it is at, and its schema."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOG = "_delta_log"
CLUSTERING = "delta.clustering"
_COMMIT = ".json"
_DIGITS = 20


@dataclass(frozen=True)
class Metadata:
    """The parts of a `metaData` action that a catalog shows.

    Attributes:
        schema: Spark's JSON of the columns, comments and nullability included.
        comment: the table's comment.
        properties: its table properties.
        partition_columns: names, in order.
    """

    schema: dict[str, Any]
    comment: str | None
    properties: dict[str, str]
    partition_columns: tuple[str, ...]


@dataclass(frozen=True)
class Changes:
    """What a range of commits changed of a table's definition; None is unchanged."""

    metadata: Metadata | None
    clustering_columns: tuple[str, ...] | None


@dataclass(frozen=True)
class State:
    """Where a table's log ends: the last version and when it was written (seconds since the epoch)."""

    version: int
    written_at: float


def state(table: Path) -> State | None:
    """The end of the log; None when there is no Delta table at this path."""
    last: Path | None = None
    try:
        for each in (table / LOG).iterdir():
            name = each.name
            is_commit = (
                len(name) == _DIGITS + len(_COMMIT) and name.endswith(_COMMIT) and name[:_DIGITS].isdigit()
            )
            if is_commit and (last is None or name > last.name):
                last = each
        return State(int(last.name[:_DIGITS]), last.stat().st_mtime) if last else None
    except FileNotFoundError:
        return None


def inserted_rows(table: Path, after: int) -> int | None:
    """Rows that the first write committed after version `after` added; None when it does not say."""
    count = _commit_info(table, after + 1).get("operationMetrics", {}).get("numOutputRows")
    return int(count) if count is not None else None


def is_blind_append(table: Path, version: int) -> bool:
    """Whether a commit added rows, and nothing else, without having read the table."""
    return _commit_info(table, version).get("isBlindAppend") is True


def version_of(table: Path, user_metadata: str) -> int | None:
    """The version of the commit that was given this user metadata; None when there is none."""
    for each in sorted((table / LOG).glob(f"{'[0-9]' * _DIGITS}{_COMMIT}"), reverse=True):
        version = int(each.name[:_DIGITS])
        if _commit_info(table, version).get("userMetadata") == user_metadata:
            return version
    return None


def size(table: Path, version: int) -> int:
    """Bytes of the table's files at a version, as its checksum file says; 0 when there is none."""
    try:
        checksum = json.loads((table / LOG / f"{version:0{_DIGITS}d}.crc").read_text())
    except (FileNotFoundError, ValueError):
        return 0
    return int(checksum.get("tableSizeBytes", 0))


def changes_since(table: Path, version: int, last: int) -> Changes:
    """What the commits after `version` up to `last` changed: the newest of each kind counts.

    Raises:
        FileNotFoundError: a commit of that range has been cleaned up.
    """
    metadata: Metadata | None = None
    clustering: tuple[str, ...] | None = None
    for number in range(last, version, -1):
        text = (table / LOG / f"{number:0{_DIGITS}d}{_COMMIT}").read_text()
        for line in text.splitlines():
            if metadata is None and line.startswith('{"metaData"'):
                metadata = _metadata(json.loads(line)["metaData"])
            elif clustering is None and line.startswith('{"domainMetadata"') and CLUSTERING in line:
                clustering = _clustering_columns(json.loads(line)["domainMetadata"])
        if metadata and clustering is not None:
            break
    return Changes(metadata, clustering)


def _commit_info(table: Path, version: int) -> dict[str, Any]:
    """What a commit says of itself; nothing when it is not there."""
    try:
        text = (table / LOG / f"{version:0{_DIGITS}d}{_COMMIT}").read_text()
    except FileNotFoundError:
        return {}
    for line in text.splitlines():
        if line.startswith('{"commitInfo"'):
            found: dict[str, Any] = json.loads(line)["commitInfo"]
            return found
    return {}


def _metadata(action: dict[str, Any]) -> Metadata:
    return Metadata(
        json.loads(action["schemaString"]),
        action.get("description"),
        action.get("configuration", {}),
        tuple(action.get("partitionColumns", ())),
    )


def _clustering_columns(action: dict[str, Any]) -> tuple[str, ...]:
    if action.get("removed"):
        return ()
    return tuple(".".join(path) for path in json.loads(action["configuration"])["clusteringColumns"])
