"""Results behind links: what the links say, and what is behind them."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import lz4.frame
import pyarrow as pa
import pytest
from pyspark.sql import types as t

from emulators.warehouse.request_context import BASE_URL
from emulators.warehouse.results import result_links
from emulators.warehouse.results.encoding import Encoder, Format, format_of
from emulators.warehouse.results.result_set import Column, ResultSet
from emulators.warehouse.results.spool import Chunk
from emulators.warehouse.thrift_types import ttypes

LINKED = Format(is_downloaded=True)
COLUMNS = [Column("n", t.LongType()), Column("d", t.DecimalType(12, 2))]
SCHEMA = pa.schema([pa.field("n", pa.int64()), pa.field("d", pa.decimal128(12, 2))])
ROWS_PER_CHUNK = 1000


@pytest.fixture
def result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ResultSet:
    """70 batches of 1,000 rows, of which about two fit into a file."""
    monkeypatch.setattr(result_links, "FILE_BYTES", 60_000)
    chunks, position = [], 0
    with (tmp_path / "rows").open("wb") as file:
        for start in range(0, 70_000, ROWS_PER_CHUNK):
            numbers = range(start, start + ROWS_PER_CHUNK)
            arrays = [pa.array(numbers), pa.array([Decimal(each) / 4 for each in numbers], SCHEMA[1].type)]
            size = file.write(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA).serialize())
            chunks.append(Chunk(tmp_path / "rows", position, size, ROWS_PER_CHUNK))
            position += size
    return ResultSet(COLUMNS, SCHEMA, chunks)


def links_of(encoder: Encoder) -> list[ttypes.TSparkArrowResultLink]:
    assert encoder.metadata().resultFormat == ttypes.TSparkRowSetType.URL_BASED_SET
    links, has_more = [], True
    while has_more:
        rows, has_more = encoder.next_rows(100, 1000)
        assert len(rows.resultLinks) <= result_links.LINKS
        assert rows.startRowOffset == rows.resultLinks[0].startRowOffset
        links += rows.resultLinks
    return links


def test_links_lead_to_every_row_in_order(result: ResultSet) -> None:
    BASE_URL.set("https://warehouse:8443")
    encoder = Encoder(result, LINKED, "operation/secret")

    links = links_of(encoder)

    assert len(links) == 35
    offset = 0
    for number, link in enumerate(links):
        assert link.fileLink == f"https://warehouse:8443/results/operation/secret/{number}"
        assert link.expiryTime > (time.time() + 3600) * 1000
        found = pa.ipc.open_stream(encoder.file(number)).read_all()
        assert link.startRowOffset == offset
        assert found["n"].to_pylist() == list(range(offset, offset + link.rowCount))
        offset += link.rowCount
    assert offset == 70_000


def test_a_file_is_written_as_the_client_wants(result: ResultSet) -> None:
    wanted = Format(is_lz4=True, is_downloaded=True, as_text=(t.DecimalType,))
    encoder = Encoder(result, wanted)

    found = pa.ipc.open_stream(lz4.frame.decompress(encoder.file(1))).read_all()

    assert encoder.metadata().lz4Compressed
    assert found.slice(1, 1).to_pylist() == [{"n": 2001, "d": "500.25"}]


def test_small_results_and_those_of_clients_without_downloads_come_along(
    result: ResultSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not Encoder(result, Format()).is_downloaded
    monkeypatch.setattr(result_links, "LEAST_BYTES", 10 << 20)
    encoder = Encoder(result, LINKED)
    assert not encoder.is_downloaded
    assert encoder.metadata().resultFormat == ttypes.TSparkRowSetType.ARROW_BASED_SET
    with pytest.raises(LookupError):
        encoder.file(0)


@pytest.mark.parametrize("number", [-1, 35])
def test_there_is_nothing_behind_other_numbers(result: ResultSet, number: int) -> None:
    with pytest.raises(LookupError):
        Encoder(result, LINKED).file(number)


@pytest.mark.parametrize("can_download", [True, False, None])
def test_a_client_says_whether_it_downloads(can_download: bool | None) -> None:
    request = ttypes.TExecuteStatementReq(canReadArrowResult=True, canDownloadResult=can_download)
    assert format_of(request).is_downloaded is bool(can_download)
