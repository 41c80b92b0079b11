"""Large results as files behind links, which drivers download side by side: Cloud Fetch on Databricks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emulators.warehouse.request_context import BASE_URL
from emulators.warehouse.results.spool import Chunk
from emulators.warehouse.thrift_types import ttypes

PATH = "/results/"
"""Where links lead; the id of the operation, its secret and the number of the file follow."""

LEAST_BYTES = 1 << 20
"""Smaller results come along with the answer: links would cost a round trip more."""

FILE_BYTES = 8 << 20
"""About the size of a file; it holds at least a batch."""

LINKS = 32
"""At most so many links come with an answer."""

LIFETIME_SECONDS = 24 * 3600
"""What a link says of its lifetime; its file is there as long as the operation is open."""


@dataclass(frozen=True)
class File:
    """Some of a result's batches, one after another, and where the first of their rows stands in it."""

    start: int
    chunks: list[Chunk]

    @property
    def num_rows(self) -> int:
        """Rows of its batches."""
        return sum(each.num_rows for each in self.chunks)

    @property
    def size(self) -> int:
        """Bytes of its batches."""
        return sum(each.size for each in self.chunks)


class Downloads:
    """The files of one result, and which of their links have been handed out.

    Args:
        chunks: every batch of the result, in order.
        name: what the links call the result; nobody can guess it.
    """

    def __init__(self, chunks: Sequence[Chunk], name: str) -> None:
        self.files = _files(chunks)
        self._name = name
        self._handed_out = 0

    def next_links(self) -> tuple[Any, bool]:
        """The next links as a Thrift row set, and whether there are more.

        They begin with the address at which the client has reached the warehouse. Times are in milliseconds.
        """
        first = self._handed_out
        self._handed_out += LINKS
        expiry = int((time.time() + LIFETIME_SECONDS) * 1000)
        links = [
            ttypes.TSparkArrowResultLink(
                fileLink=f"{BASE_URL.get()}{PATH}{self._name}/{number}",
                expiryTime=expiry,
                startRowOffset=file.start,
                rowCount=file.num_rows,
                bytesNum=file.size,
            )
            for number, file in enumerate(self.files[first : first + LINKS], first)
        ]
        start = links[0].startRowOffset if links else sum(each.num_rows for each in self.files)
        rows = ttypes.TRowSet(startRowOffset=start, rows=[], resultLinks=links)
        return rows, self._handed_out < len(self.files)


def are_worth(chunks: Sequence[Chunk]) -> bool:
    """Whether these batches are large enough for links."""
    return sum(each.size for each in chunks) >= LEAST_BYTES


def _files(chunks: Sequence[Chunk]) -> list[File]:
    files: list[File] = []
    start = 0
    for chunk in chunks:
        if not files or files[-1].size + chunk.size > FILE_BYTES:
            files.append(File(start, []))
        files[-1].chunks.append(chunk)
        start += chunk.num_rows
    return files
