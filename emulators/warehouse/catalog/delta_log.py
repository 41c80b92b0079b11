"""Reads a Delta table's transaction log without Spark: which version it is at, and its schema."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOG = "_delta_log"
CLUSTERING = "delta.clustering"
_COMMIT = ".json"
_DIGITS = 20
_COMMIT_NAME = re.compile(rf"([0-9]{{{_DIGITS}}})\.json")
_NOT_THERE = (FileNotFoundError, NotADirectoryError)
_FEW = 10
"""Of more commits than that, a checksum tells the state: reading each costs more."""


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


def state(table: Path, known: int | None = None) -> State | None:
    """The end of the log; None when there is no Delta table at this path.

    Args:
        table: folder of the table.
        known: a version that the log once ended with. From there, or from the last checkpoint, the end is a
            few steps away however long the log is; only a log that has neither is listed.
    """
    log = table / LOG
    version = known if known is not None and _written_at(log, known) is not None else None
    if version is None or _written_at(log, version + 1) is not None:
        checkpoint = _last_checkpoint(log)
        if checkpoint is not None and (version is None or checkpoint > version):
            version = checkpoint if _written_at(log, checkpoint) is not None else version
    if version is None:
        version = _last_listed(log)
    found = None
    while version is not None and (written_at := _written_at(log, version)) is not None:
        found = State(version, written_at)
        version += 1
    return found


def inserted_rows(table: Path, after: int) -> int | None:
    """Rows that the first write committed after version `after` added; None when it does not say."""
    info = _commit_info(table, after + 1) or {}
    count = info.get("operationMetrics", {}).get("numOutputRows")
    return int(count) if count is not None else None


def is_blind_append(table: Path, version: int) -> bool:
    """Whether a commit added rows, and nothing else, without having read the table."""
    return (_commit_info(table, version) or {}).get("isBlindAppend") is True


def version_of(table: Path, user_metadata: str) -> int | None:
    """The version of the commit that was given this user metadata; None when there is none."""
    end = state(table)
    version = end.version if end else -1
    while (info := _commit_info(table, version)) is not None:
        if info.get("userMetadata") == user_metadata:
            return version
        version -= 1
    return None


def size(table: Path, version: int) -> int:
    """Bytes of the table's files at a version, as its checksum file says; 0 when there is none."""
    return int(_checksum(table, version).get("tableSizeBytes", 0))


def changes_since(table: Path, version: int, last: int) -> Changes:
    """What the commits after `version` up to `last` changed: the newest of each kind counts.

    Of a long range the older part is not read: the checksum of a version holds the whole definition.

    Raises:
        FileNotFoundError: a commit of that range has been cleaned up.
    """
    metadata: Metadata | None = None
    clustering: tuple[str, ...] | None = None
    for number in range(last, version, -1):
        if number - version > _FEW and (known := _checksummed(table, number)):
            metadata = metadata or known.metadata
            clustering = known.clustering_columns if clustering is None else clustering
            break
        text = _file(table, number, _COMMIT).read_text()
        for line in text.splitlines():
            if metadata is None and line.startswith('{"metaData"'):
                metadata = _metadata(json.loads(line)["metaData"])
            elif clustering is None and line.startswith('{"domainMetadata"') and CLUSTERING in line:
                clustering = _clustering_columns(json.loads(line)["domainMetadata"])
        if metadata and clustering is not None:
            break
    return Changes(metadata, clustering)


def _file(table: Path, version: int, suffix: str) -> Path:
    return table / LOG / f"{version:0{_DIGITS}d}{suffix}"


def _written_at(log: Path, version: int) -> float | None:
    """When a commit was written; None when it is not there."""
    try:
        return (log / f"{version:0{_DIGITS}d}{_COMMIT}").stat().st_mtime
    except _NOT_THERE:
        return None


def _last_checkpoint(log: Path) -> int | None:
    """The version of the last checkpoint; None when there is none, or its note is broken."""
    try:
        return int(json.loads((log / "_last_checkpoint").read_bytes())["version"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _last_listed(log: Path) -> int | None:
    """The version of the last commit in the folder of a log."""
    try:
        with os.scandir(log) as entries:
            return max(
                (int(found[1]) for each in entries if (found := _COMMIT_NAME.fullmatch(each.name))),
                default=None,
            )
    except _NOT_THERE:
        return None


def _checksum(table: Path, version: int) -> dict[str, Any]:
    """What Delta wrote beside a commit about the whole table; nothing when it is not there."""
    try:
        found: dict[str, Any] = json.loads(_file(table, version, ".crc").read_bytes())
    except (*_NOT_THERE, ValueError):
        return {}
    return found


def _checksummed(table: Path, version: int) -> Changes | None:
    """The whole definition at a version, by its checksum; None when that does not hold it."""
    checksum = _checksum(table, version)
    metadata, domains = checksum.get("metadata"), checksum.get("domainMetadata")
    if metadata is None or domains is None:
        return None
    clustering = [_clustering_columns(each) for each in domains if each["domain"] == CLUSTERING]
    return Changes(_metadata(metadata), clustering[0] if clustering else ())


def _commit_info(table: Path, version: int) -> dict[str, Any] | None:
    """What a commit says of itself; None when it is not there."""
    try:
        with _file(table, version, _COMMIT).open() as lines:
            for line in lines:
                if line.startswith('{"commitInfo"'):
                    found: dict[str, Any] = json.loads(line)["commitInfo"]
                    return found
    except _NOT_THERE:
        return None
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
