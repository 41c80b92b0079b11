from __future__ import annotations

import pytest

from emulators.warehouse.errors import SqlError
from emulators.warehouse.sql.statements import (
    CommentOnVolume,
    CreateVolume,
    Describe,
    DescribeVolume,
    DropVolume,
    ListFiles,
    RenameVolume,
    SetOwner,
    ShowVolumes,
    Statement,
    TransferFile,
    recognise,
)

FILE = "/Volumes/c/s/v/a.csv"


@pytest.mark.parametrize(
    "expected",
    [
        CreateVolume("create volume if not exists s.v comment 'x'", ("s", "v"), None, True, "x"),
        CreateVolume("create external volume v location 'file:/d'", ("v",), "file:/d", False, None),
        DropVolume("drop volume if exists c.s.v", ("c", "s", "v"), True),
        RenameVolume("alter volume s.v rename to w", ("s", "v"), ("w",)),
        SetOwner("alter volume s.v owner to `team`", "VOLUME", ("s", "v"), "team"),
        CommentOnVolume("comment on volume s.v is null", ("s", "v"), None),
        ShowVolumes("show volumes in c.s like 'a*'", ("c", "s"), "a*"),
        ShowVolumes("show volumes", None, None),
        DescribeVolume("describe volume s.v", ("s", "v")),
        Describe("describe volume", ("volume",), False, False),
        TransferFile(f"put 'a' into '{FILE}' overwrite", "PUT", FILE, "a", True),
        TransferFile(f"get '{FILE}' to 'a'", "GET", FILE, "a"),
        TransferFile(f"remove '{FILE}'", "REMOVE", FILE),
        ListFiles("list '/Volumes/c/s/v' limit 3", "/Volumes/c/s/v", 3),
    ],
)
def test_statements_about_volumes(expected: Statement) -> None:
    assert recognise(expected.sql) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "create external volume v",
        "create volume v location 'file:/d'",
        "put 'a' to '/Volumes/c/s/v/a'",
        "get '/Volumes/c/s/v/a'",
        "list '/Volumes/c/s/v' limit x",
        "remove '/Volumes/c/s/v/a' x",
    ],
)
def test_what_is_not_one_of_them_is_a_syntax_error(sql: str) -> None:
    with pytest.raises(SqlError, match="PARSE_SYNTAX_ERROR"):
        recognise(sql)
