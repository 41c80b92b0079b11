from __future__ import annotations

import io
import time
from http import HTTPStatus
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from emulators.warehouse.files import signed_links
from emulators.warehouse.files.signed_links import FileLinks, FileOperation, LinkError

FILE = "/Volumes/c/s/v/in/a b.csv"


@pytest.fixture
def links(tmp_path: Path) -> FileLinks:
    found = FileLinks()
    found.file_of = lambda path: tmp_path / path.removeprefix("/Volumes/")
    return found


def put(
    links: FileLinks, content: bytes, size: int | None = None, overwrites: bool = False, path: str = FILE
) -> None:
    link = links.link(FileOperation.PUT, path, overwrites)
    links.put(link, io.BufferedReader(io.BytesIO(content)), len(content) if size is None else size)


def refused(error: pytest.ExceptionInfo[LinkError]) -> HTTPStatus:
    return error.value.status


def test_a_file_is_written_read_and_removed(links: FileLinks, tmp_path: Path) -> None:
    put(links, b"1")
    with links.get(links.link(FileOperation.GET, FILE, False)) as got:
        assert got.read() == b"1"
    put(links, b"22", overwrites=True)
    file = tmp_path / "c/s/v/in/a b.csv"
    assert file.read_bytes() == b"22"
    assert list(file.parent.iterdir()) == [file]

    links.remove(links.link(FileOperation.REMOVE, FILE, False))
    assert not file.exists()
    for each in (links.get, links.remove):
        operation = FileOperation.GET if each == links.get else FileOperation.REMOVE
        with pytest.raises(LinkError, match="no file") as error:
            each(links.link(operation, FILE, False))
        assert refused(error) == HTTPStatus.NOT_FOUND


def test_a_file_that_is_there_stays_without_overwrite(links: FileLinks, tmp_path: Path) -> None:
    put(links, b"1")
    with pytest.raises(LinkError, match="OVERWRITE") as error:
        put(links, b"2")
    assert refused(error) == HTTPStatus.CONFLICT
    assert [each.read_bytes() for each in (tmp_path / "c/s/v/in").iterdir()] == [b"1"]


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        (f"{FILE}/b.csv", HTTPStatus.CONFLICT, "in the place of its folder"),
        (f"/Volumes/c/s/v/{'x' * 256}", HTTPStatus.INTERNAL_SERVER_ERROR, "File name too long"),
        ("/Volumes/c/s/v/in", HTTPStatus.CONFLICT, "is a folder"),
    ],
)
def test_what_cannot_be_written_is_refused(
    links: FileLinks, tmp_path: Path, path: str, status: HTTPStatus, message: str
) -> None:
    put(links, b"1")
    with pytest.raises(LinkError, match=message) as error:
        put(links, b"2", overwrites=True, path=path)
    assert refused(error) == status
    assert [each.name for each in (tmp_path / "c/s/v/in").iterdir()] == ["a b.csv"]


def test_a_body_that_ends_early_leaves_no_file(links: FileLinks, tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="ends early"):
        put(links, b"1", size=2)
    assert not list((tmp_path / "c/s/v/in").iterdir())


def test_a_link_allows_what_it_says_and_nothing_else(links: FileLinks) -> None:
    link = links.link(FileOperation.GET, FILE, False)
    tampered = (
        lambda: links.remove(link),
        lambda: links.get(link.replace("in/", "out/")),
        lambda: links.get(link.replace("overwrite=False", "overwrite=True")),
        lambda: links.get(link.partition("?")[0]),
        lambda: links.get(f"{link.partition('signature=')[0]}signature=%C3%A9"),
        lambda: links.get(FileLinks().link(FileOperation.GET, FILE, False)),
    )
    for each in tampered:
        with pytest.raises(LinkError, match="does not allow") as error:
            each()
        assert refused(error) == HTTPStatus.FORBIDDEN


def test_a_link_expires(links: FileLinks, monkeypatch: pytest.MonkeyPatch) -> None:
    link = links.link(FileOperation.GET, FILE, False)
    later = time.time() + signed_links.LIFETIME_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(LinkError, match="expired"):
        links.get(link)


def test_a_name_cannot_pass_as_another_and_a_field_of_the_link(links: FileLinks) -> None:
    link = links.link(FileOperation.GET, "/Volumes/c/s/v/a\nTrue", False)
    signature = link.partition("signature=")[2]
    expiry = link.partition("expires=")[2].partition("&")[0]
    forged = (
        f"/files/Volumes/c/s/v/a?overwrite=True%0AFalse&expires={expiry}&signature={signature}",
        f"/files/Volumes/c/s/v/a%0ATrue%0AFalse?overwrite={expiry}&expires=&signature={signature}",
    )
    for each in forged:
        with pytest.raises(LinkError, match="does not allow"):
            links.get(each)


def test_a_file_has_no_name_of_files_that_have_not_come_whole(links: FileLinks) -> None:
    with pytest.raises(LinkError, match="has a name of files that have not come whole"):
        put(links, b"1", path=f"/Volumes/c/s/v/._part_{'0' * 32}")
    put(links, b"1", path="/Volumes/c/s/v/._part_x")


def test_a_file_that_the_disk_cannot_hold_is_refused(links: FileLinks, tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="no space for") as error:
        put(links, b"1", size=1 << 60)
    assert refused(error) == HTTPStatus.INSUFFICIENT_STORAGE
    assert not [each for each in tmp_path.rglob("*") if each.is_file()]


@pytest.mark.parametrize("trouble", [TimeoutError, ConnectionResetError])
def test_a_client_that_goes_is_no_failure_of_the_file(
    links: FileLinks, tmp_path: Path, trouble: type[OSError]
) -> None:
    with pytest.raises(trouble):
        links.put(
            links.link(FileOperation.PUT, FILE, False), MagicMock(read=MagicMock(side_effect=trouble)), 1
        )
    assert not [each for each in tmp_path.rglob("*") if each.is_file()]
