from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.errors import ConfigurationError, SendError
from ingestion.sending.cursor import RECORD_BYTES, Cursor

LINES = [b"one\n", b"two\n", b"three\n", b"four\n", b"five"]
HUB = "namespace/orders"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "own.jsonl").write_bytes(b"".join(LINES))
    return tmp_path / "own.jsonl.cursor"


def interrupted(place: Path, settled: int = 2, sent: int = 3, first_line: int | None = None) -> None:
    """Leave a cursor as a run does that was killed after so many lines."""
    with Cursor(place, HUB, first_line) as cursor:
        for line in LINES[:settled]:
            cursor.passed(line)
        cursor.sending(0)
        cursor.settled(sent=settled, resent=0, malformed=0, oversized=0)
        for line in LINES[settled:sent]:
            cursor.passed(line)
        cursor.sending(0)


def test_the_next_run_goes_on_after_what_was_settled(place: Path) -> None:
    interrupted(place)
    with Cursor(place, HUB) as cursor, place.with_suffix("").open("rb") as stream:
        cursor.go_on(stream, "own.jsonl")
        assert list(stream) == LINES[2:]
        assert (cursor.line, cursor.kept.sent, cursor.doubtful_through) == (2, 2, 3)
        cursor.finish()
    assert not place.exists()


def test_what_may_have_arrived_is_counted_when_it_is_sent_again(place: Path) -> None:
    interrupted(place)
    for run in (1, 2):
        with Cursor(place, HUB) as cursor:
            cursor.passed(LINES[2])
            cursor.sending(resent=1)
        with Cursor(place, HUB) as cursor:
            assert cursor.kept.resent == run
            assert cursor.doubtful_through == 3


def test_what_was_refused_is_in_no_doubt_but_what_was_before_still_is(place: Path) -> None:
    interrupted(place, settled=2, sent=2)
    with Cursor(place, HUB) as cursor:
        assert cursor.doubtful_through == 2
        cursor.passed(LINES[2])
        cursor.sending(resent=0)
        cursor.refused()
    with Cursor(place, HUB) as cursor:
        assert (cursor.kept.line, cursor.doubtful_through) == (2, 2)
    interrupted(place, settled=2, sent=3)
    with Cursor(place, HUB) as cursor:
        cursor.passed(LINES[2])
        cursor.sending(resent=1)
        cursor.refused()
    with Cursor(place, HUB) as cursor:
        assert (cursor.doubtful_through, cursor.kept.resent) == (3, 0)


@pytest.mark.parametrize("content", [b"one\nTWO\nthree\n", b"one\n", b""])
def test_a_file_that_was_changed_is_refused(place: Path, content: bytes) -> None:
    interrupted(place)
    place.with_suffix("").write_bytes(content)
    with (
        Cursor(place, HUB) as cursor,
        place.with_suffix("").open("rb") as stream,
        pytest.raises(ConfigurationError, match=r"interrupted after line 2.*--restart.*--from-line"),
    ):
        cursor.go_on(stream, "own.jsonl")


def test_lines_after_the_cursor_may_change(place: Path) -> None:
    interrupted(place)
    place.with_suffix("").write_bytes(b"one\ntwo\nother\n")
    with Cursor(place, HUB) as cursor, place.with_suffix("").open("rb") as stream:
        cursor.go_on(stream, "own.jsonl")
        assert list(stream) == [b"other\n"]


def test_another_hub_needs_a_decision(place: Path) -> None:
    interrupted(place)
    with pytest.raises(
        ConfigurationError, match=r"'namespace/orders', not for 'namespace/other': .*--restart"
    ):
        Cursor(place, "namespace/other").__enter__()
    with Cursor(place, "namespace/other", restart=True) as cursor:
        assert (cursor.kept.line, cursor.doubtful_through) == (0, 0)


def test_a_line_that_is_asked_for_counts_unless_the_interrupted_run_began_there_too(place: Path) -> None:
    interrupted(place, first_line=2)
    for first_line, line in ((None, 2), (2, 2), (4, 0), (1, 0)):
        with Cursor(place, HUB, first_line) as cursor:
            assert cursor.kept.line == line
            assert cursor.kept.first_line == (first_line or 2)


def test_a_run_that_sends_nothing_leaves_nothing(place: Path) -> None:
    with Cursor(place, HUB) as cursor:
        cursor.passed(LINES[0])
        assert place.exists()
    assert not place.exists()


def test_the_record_has_one_size_and_survives_being_overwritten(place: Path) -> None:
    interrupted(place, 2, 3)
    with Cursor(place, HUB, restart=True) as cursor:
        cursor.passed(LINES[0])
        cursor.sending(0)
    assert place.stat().st_size == RECORD_BYTES
    with Cursor(place, HUB) as cursor:
        assert (cursor.kept.line, cursor.doubtful_through) == (0, 1)


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("content", ["nonsense", "{}", "[]", '{"event_id": "1"}\n' * 200])
def test_a_file_that_is_no_cursor_is_refused_and_stays(place: Path, content: str, restart: bool) -> None:
    place.write_text(content)
    with pytest.raises(ConfigurationError, match=r"is there and not a cursor.*--cursor"):
        Cursor(place, HUB, restart=restart).__enter__()
    assert place.read_text() == content


def test_a_device_is_no_place_for_a_cursor() -> None:
    with pytest.raises(ConfigurationError, match=r"/dev/null, a device or pipe.*--cursor"):
        Cursor(Path("/dev/null"), HUB).__enter__()
    assert Path("/dev/null").is_char_device()


def test_a_cursor_behind_a_link_leaves_the_link(place: Path) -> None:
    link = place.with_name("link")
    link.symlink_to(place)
    interrupted(link)
    with Cursor(link, HUB) as cursor:
        assert cursor.kept.line == 2
        cursor.finish()
    assert link.is_symlink()
    assert not place.exists()


def test_one_process_at_a_time(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.parent)
    named = Path(place.name)
    with (
        Cursor(place, HUB),
        pytest.raises(SendError, match=r"is sending with own.jsonl.cursor:"),
    ):
        Cursor(named, HUB).__enter__()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no-folder/own\.cursor: No such file.*--cursor"):
        Cursor(tmp_path / "no-folder" / "own.cursor", HUB).__enter__()
