"""What statements say of files to be read: COPY INTO, and calls of `read_files`."""

from __future__ import annotations

from dataclasses import dataclass, field

from emulators.warehouse.errors import SqlError, unsupported
from emulators.warehouse.sql.lexer import Kind, Reader
from emulators.warehouse.sql.statements.command import Command
from emulators.warehouse.sql.statements.statement import Name, Statement

READ_FILES = "READ_FILES"


@dataclass(frozen=True)
class CopyInto(Statement):
    """`COPY INTO name [BY POSITION | (columns)] FROM {path | (SELECT … FROM path)} FILEFORMAT = format …`.

    Attributes:
        columns: those of the table that the file's columns go into, one after another.
        expressions: the list of the SELECT; empty takes every column by its name.
        alias: what the list calls the files.
        files: paths within `path`; empty takes all.
        pattern: a glob within `path`.
        format_options: what the reader of the format is told.
        copy_options: `force` and `mergeSchema`, in lower case.
        validated: rows shown of a copy that is only tried; None copies.
    """

    name: Name
    path: str
    format: str
    by_position: bool = False
    columns: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    alias: str = ""
    files: tuple[str, ...] = ()
    pattern: str = ""
    format_options: dict[str, str] = field(default_factory=dict)
    copy_options: dict[str, str] = field(default_factory=dict)
    validated: int | None = None


@dataclass(frozen=True)
class ReadFiles:
    """A call of `read_files(path [, option => value …])` and where it stands, the word STREAM included.

    Attributes:
        options: values as text, under the names they have in the call.
    """

    start: int
    end: int
    is_stream: bool
    path: str
    options: dict[str, str]


VALIDATED_ROWS = 50
"""Rows that VALIDATE shows when it names no number."""


_COPY_OPTIONS = {"force", "mergeschema"}


def calls_of_read_files(sql: str) -> list[ReadFiles]:
    """The calls in a statement, in order.

    Raises:
        SqlError: one has no path, or an option whose value is not a literal.
    """
    reader = Reader(sql)
    found = []
    while not reader.is_done:
        start = reader.here
        is_stream = reader.accept("STREAM")
        is_wrapped = is_stream and reader.accept("(")
        if not reader.accept(READ_FILES, "("):
            reader.at += not is_stream
            continue
        path, options = _arguments(reader)
        if is_wrapped:
            reader.expect(")")
        found.append(ReadFiles(start, reader.read_to, is_stream, path, options))
    return found


def _arguments(reader: Reader) -> tuple[str, dict[str, str]]:
    options: dict[str, str] = {}
    path = reader.string() if reader.next_is_string() else ""
    while not reader.accept(")"):
        if (path or options) and not reader.accept(","):
            raise reader.unexpected()
        name = reader.identifier()
        reader.expect("=>")
        options[name] = _value(reader)
    path = path or next((options.pop(each) for each in list(options) if each.lower() == "path"), "")
    if not path:
        raise SqlError(
            "REQUIRED_PARAMETER_NOT_FOUND",
            "Cannot invoke routine `read_files` because the parameter named `path` is required, but the "
            "routine call did not supply a value.",
            "4274K",
        )
    return path, options


def _value(reader: Reader) -> str:
    """A literal as text."""
    if reader.next_is_string():
        return reader.string()
    sign = "-" if reader.accept("-") else ""
    token = reader.token()
    if token.kind is not Kind.NUMBER and token.keyword not in ("TRUE", "FALSE"):
        raise unsupported("An option of a reader of files that is not a literal")
    return f"{sign}{token.text.lower()}"


def copy(sql: str, reader: Reader) -> Statement:
    """Read `COPY INTO …`."""
    if not reader.accept("INTO"):
        return Command(sql)
    name = reader.name()
    by_position = reader.accept("BY", "POSITION")
    columns = tuple(reader.listed(reader.identifier)) if reader.peek() == "(" else ()
    reader.expect("FROM")
    path, expressions, alias = _source(reader)
    if reader.accept("WITH"):
        raise unsupported("COPY INTO … WITH a credential or encryption")
    reader.expect("FILEFORMAT", "=")
    form = reader.identifier().lower()
    files: tuple[str, ...] = ()
    pattern, validated = "", None
    options: dict[str, dict[str, str]] = {}
    while not reader.is_done:
        if kind := reader.accept_any("FORMAT_OPTIONS", "COPY_OPTIONS"):
            options[kind] = dict(reader.listed(lambda: _option(reader)))
        elif not pattern and reader.accept("FILES", "="):
            files = tuple(reader.listed(reader.string))
        elif not files and reader.accept("PATTERN", "="):
            pattern = reader.string()
        elif reader.accept("VALIDATE"):
            validated = _validated(reader)
        else:
            raise reader.unexpected()
    copy_options = {each.lower(): value for each, value in options.get("COPY_OPTIONS", {}).items()}
    if unknown := copy_options.keys() - _COPY_OPTIONS:
        raise unsupported(f"COPY INTO … COPY_OPTIONS ({min(unknown)})")
    return CopyInto(
        sql,
        name,
        path,
        form,
        by_position,
        columns,
        expressions,
        alias,
        files,
        pattern,
        options.get("FORMAT_OPTIONS", {}),
        copy_options,
        validated,
    )


def _source(reader: Reader) -> tuple[str, tuple[str, ...], str]:
    """Path, expressions and alias."""
    if not reader.accept("("):
        return reader.string(), (), ""
    reader.expect("SELECT")
    expressions = [reader.skip_item("FROM")]
    while reader.accept(","):
        expressions.append(reader.skip_item("FROM"))
    reader.expect("FROM")
    path = reader.string()
    if reader.accept("WITH"):
        raise unsupported("COPY INTO … WITH a credential or encryption")
    reader.accept("AS")
    alias = reader.identifier() if reader.peek() != ")" else ""
    reader.expect(")")
    return path, tuple(expressions), alias


def _option(reader: Reader) -> tuple[str, str]:
    name = reader.property_name()
    reader.expect("=")
    return name, _value(reader)


def _validated(reader: Reader) -> int:
    if reader.accept("ALL") or reader.is_done or reader.tokens[reader.at].kind is not Kind.NUMBER:
        return VALIDATED_ROWS
    rows = int(reader.token().text)
    reader.expect("ROWS")
    return rows
