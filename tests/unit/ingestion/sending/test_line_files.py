from __future__ import annotations

import json
import os
from base64 import b64decode
from io import BytesIO
from math import inf
from pathlib import Path

import pytest

from ingestion.errors import ConfigurationError
from ingestion.sending.line_files import Part, RejectFile, arriving, body_of, lines_of, malformed


def test_lines_lose_their_ends_and_nothing_else() -> None:
    lines = [b'{"a":1} \n', b"\n", b" \t\r\n", b'\t{"b":2}\r\n', b'{"c":3}']
    assert list(map(body_of, lines)) == [b'{"a":1} ', None, None, b'\t{"b":2}', b'{"c":3}']


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"schema_version": 99, "quantity": -1}',
        b' {"a": [1, {"b": null}], "c": 1e400} ',
        '{"name": "Zoë"}'.encode(),
        b'{"n": ' + b"9" * 5000 + b"}",
    ],
)
def test_any_json_object_may_be_sent(body: bytes) -> None:
    assert malformed(body) is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (b"[1]", "not a JSON object"),
        (b"12", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"a": 1', "character 8"),
        (b'{"a": 1} x', "Extra data"),
        (b"{'a': 1}", "character 2"),
        (b'{"a": 01}', "character 8"),
        (b'{"a": "\xff"}', "not UTF-8: invalid start byte at byte 8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_anything_else_is_refused_with_a_reason(body: bytes, reason: str) -> None:
    assert reason in str(malformed(body))


def test_lines_arrive_as_they_come_and_silence_is_told() -> None:
    out, into = os.pipe()
    lines = arriving(out, 0.01, 100_000)
    os.write(into, b"one\n\nthr")
    assert [next(lines), next(lines), next(lines)] == [b"one\n", b"\n", None]
    os.write(into, b"ee\nfo")
    assert next(lines) == b"three\n"
    os.write(into, b"u" * 60_000)
    assert next(lines) is None
    os.write(into, b"r")
    os.close(into)
    assert list(lines) == [b"fo" + b"u" * 60_000 + b"r"]
    os.close(out)


def test_a_line_that_arrives_without_end_comes_in_parts() -> None:
    out, into = os.pipe()
    lines = arriving(out, 0.01, 8)
    os.write(into, b"one\n" + b"x" * 10)
    assert [next(lines), next(lines)] == [b"one\n", b"x" * 10]
    os.write(into, b"y" * 10)
    part = next(lines)
    assert isinstance(part, Part)
    os.write(into, b"z\ntwo\n")
    last = next(lines)
    assert (part, last, next(lines)) == (b"y" * 10, b"z\n", b"two\n")
    assert not isinstance(last, Part)
    os.close(into)
    assert list(lines) == []
    os.close(out)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"1234567\nx", [b"1234567\n", b"x"]),
        (b"12345678\nx\n", [Part(b"12345678"), b"\n", b"x\n"]),
        (b"123456789abcdefghi\n", [Part(b"12345678"), Part(b"9abcdefg"), b"hi\n"]),
        (b"12345678", [Part(b"12345678")]),
        (b"", []),
    ],
)
def test_a_line_of_a_file_that_is_too_long_comes_in_parts(content: bytes, parts: list[bytes]) -> None:
    found = list(lines_of(BytesIO(content), 8))
    assert found == parts
    assert [type(each) for each in found] == [type(each) for each in parts]


def test_a_run_that_goes_on_keeps_the_rejects_it_does_not_look_at_again(tmp_path: Path) -> None:
    path = tmp_path / "orders.rejected.jsonl"
    with RejectFile(path) as rejects:
        for line in (3, 7, 9):
            rejects.add(line, "not JSON", b"x")
    with path.open("a") as cut:
        cut.write('{"line": 4, "rea')
    with RejectFile(path, after=7) as rejects:
        rejects.add(9, "not JSON", b"x")
    assert [json.loads(line)["line"] for line in path.read_text().splitlines()] == [3, 7, 9]


def test_rejects_are_kept_with_line_reason_and_body(tmp_path: Path) -> None:
    path = tmp_path / "orders.rejected.jsonl"
    path.write_text('{"line": 1, "reason": "not JSON", "body": "from an earlier run"}\n')
    with RejectFile(path) as rejects:
        assert not path.exists()
        rejects.add(3, "not JSON", b'{"a": "\n')
        rejects.add(7, "not UTF-8", b"\xff\x00")
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert first == {"line": 3, "reason": "not JSON", "body": '{"a": "\n'}
    assert second["line"] == 7
    assert b64decode(second["body_base64"]) == b"\xff\x00"


@pytest.mark.parametrize(
    "content",
    [
        "my notes\n",
        "no end",
        '{"event_id": "1"}\n',
        "[]\n",
        '{"line": 1, "reason": "?", "sku": "A"}\n',
        '{\n  "line": 1\n}\n',
        "\n",
    ],
)
@pytest.mark.parametrize("after", [0, 7])
def test_a_file_that_holds_something_else_is_refused_and_stays(
    tmp_path: Path, content: str, after: int
) -> None:
    path = tmp_path / "notes"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"notes is there and not a file of rejected .*--rejects"):
        RejectFile(path, after).__enter__()
    assert [each.name for each in tmp_path.iterdir()] == ["notes"]
    assert path.read_text() == content


@pytest.mark.parametrize("content", ["", '{"lin', '{"line": 4, "reason": "not J'])
def test_a_reject_file_that_was_cut_short_makes_way(tmp_path: Path, content: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(content)
    with RejectFile(path):
        assert not path.exists()


def test_rejects_of_input_that_cannot_be_read_again_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    for _ in range(2):
        with RejectFile(path, after=inf) as rejects:
            rejects.add(3, "not JSON", b"x")
    assert [json.loads(line)["line"] for line in path.read_text().splitlines()] == [3, 3]


def test_a_device_takes_rejects_and_stays_one() -> None:
    with RejectFile(Path("/dev/null"), after=2) as rejects:
        rejects.add(3, "not JSON", b"x")
    assert Path("/dev/null").is_char_device()


def test_no_file_of_the_user_is_taken_for_the_new_rejects(tmp_path: Path) -> None:
    path, other = tmp_path / "r.jsonl", tmp_path / "r.jsonl.new"
    other.write_text("of the user")
    with RejectFile(path) as rejects:
        rejects.add(3, "not JSON", b"x")
    with RejectFile(path, after=3):
        pass
    assert other.read_text() == "of the user"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["r.jsonl", "r.jsonl.new"]


@pytest.mark.parametrize("place", ["", "no-folder/r.jsonl"])
def test_a_place_that_cannot_be_written_is_named_before_anything_is_sent(tmp_path: Path, place: str) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot write .*--rejects"):
        RejectFile(tmp_path / place).__enter__()


def test_no_rejects_leave_no_file(tmp_path: Path) -> None:
    with RejectFile(tmp_path / "r.jsonl") as rejects:
        pass
    assert rejects.count == 0
    assert not rejects.path.exists()
