"""Puts a client's names into the words of the one catalog inside Spark, and leaves all else as it is.

A statement is read token by token. A name is that of a relation, schema or function by where it stands:
behind FROM, JOIN, INTO, TABLE and their like, after a comma of a FROM clause, before a parenthesis. Elsewhere
a name is a column's, and changes only when it begins with a relation that the statement reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import pairwise

from emulators.settings import CATALOG
from emulators.warehouse.errors import unsupported
from emulators.warehouse.names import (
    HIVE_METASTORE,
    INFORMATION_SCHEMA,
    PREFIX,
    SYSTEM,
    is_taken,
    spark_schema,
)
from emulators.warehouse.sql.lexer import Kind, Token, tokenize
from emulators.warehouse.sql.quoting import literal

_OWN_SCHEMAS = {INFORMATION_SCHEMA, "global_temp", "session", "builtin"}
"""First parts of two-part names that are the same in every catalog."""

_FORMATS = {"delta", "parquet", "json", "csv", "orc", "text", "avro", "binaryfile", "xml"}
"""First parts of names of files: delta.`/path`."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BEFORE_RELATION = _words(
    "FROM JOIN INTO TABLE VIEW UPDATE USING CLONE REFERENCES OVERWRITE STREAM FUNCTION PROCEDURE MASK"
)
_BEFORE_RELATION_AFTER = {
    "DESCRIBE": _words("DESCRIBE HISTORY DETAIL EXTENDED FORMATTED VOLUME"),
    "DESC": _words("DESC HISTORY DETAIL EXTENDED FORMATTED VOLUME"),
    "DROP": _words("VOLUME"),
    "ALTER": _words("VOLUME"),
    "COMMENT": _words("VOLUME"),
    "SHOW": _words("TBLPROPERTIES PARTITIONS ON VOLUME"),
    "CREATE": _words("LIKE VOLUME"),
    "GRANT": _words("ON VOLUME"),
    "REVOKE": _words("ON VOLUME"),
    "OPTIMIZE": _words("OPTIMIZE"),
    "VACUUM": _words("VACUUM"),
    "RESTORE": _words("RESTORE"),
    "REFRESH": _words("REFRESH"),
    "CONVERT": _words("DELTA"),
}
"""Words before a relation in statements that begin with a certain word."""

_PASSED = _words("IF NOT EXISTS EXTENDED FORMATTED TABLE VIEW ONLY LATERAL STREAM")
"""Words that may stand between those and the name."""

_SCHEMA_WORDS = _words("SCHEMA DATABASE NAMESPACE")
_BEFORE_SCHEMA_WORD = _words("ON IN FROM")
_WITH_SCHEMAS = _words("CREATE DROP ALTER DESCRIBE DESC COMMENT USE SET UNSET GRANT REVOKE SHOW ANALYZE")
_SHOW_IN_CATALOG = _words("SCHEMAS DATABASES CATALOGS")
_ENDS_FROM = _words(
    "SELECT WHERE GROUP ORDER HAVING LIMIT OFFSET WINDOW QUALIFY SORT CLUSTER DISTRIBUTE UNION INTERSECT "
    "EXCEPT MINUS SET WHEN VALUES"
)
_FROM_FUNCTIONS = _words("EXTRACT TRIM SUBSTRING SUBSTR OVERLAY")
_CURRENT = _words("CURRENT_CATALOG CURRENT_SCHEMA CURRENT_DATABASE")
_SOURCE = re.compile(
    r"""^(?P<indent>[ \t]*)(?:-[ \t]+)?source:[ \t]*(?P<quote>["']?)"""
    r"(?P<value>[|>].*(?:\n(?P=indent)[ \t]+.*)*|.*?)(?P=quote)[ \t]*$",
    re.MULTILINE,
)
"""What a metric view or one of its joins reads: a relation or a query, in one line or a block of them."""

_NAME = re.compile(r"(?:\w+|`[^`]+`)(?:\.(?:\w+|`[^`]+`)){1,2}")


class _Expected(Enum):
    """What the next name is, by the words before it."""

    COLUMN = auto()
    RELATION = auto()
    SCHEMA = auto()
    CATALOG = auto()


@dataclass
class _Level:
    """A level of parentheses.

    Attributes:
        is_from: whether a comma leads to another relation.
        opener: the word before the parenthesis.
        is_list: whether it is in the list of a SELECT.
    """

    is_from: bool = False
    opener: str = ""
    is_list: bool = False


@dataclass(frozen=True)
class Chain:
    """A name of one or more parts: the tokens that hold them, and whether `.*` follows."""

    parts: tuple[Token, ...]
    expected: _Expected
    has_star: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        """Its parts in lower case."""
        return tuple(each.text.lower() for each in self.parts)

    @property
    def is_relation(self) -> bool:
        """Whether it names a relation or function."""
        return self.expected is _Expected.RELATION


def chains(tokens: list[Token]) -> list[Chain]:
    """The names in a statement: of relations and schemas by where they stand, else of columns."""
    reading = _Reading(Translation(()), tokens, CATALOG, "")
    reading.changes()
    return reading.chains


class Translation:
    """Translates the statements of sessions.

    Args:
        catalogs: those there are beside the default one, whose schemas keep their names inside Spark.
    """

    def __init__(self, catalogs: Iterable[str]) -> None:
        self._catalogs = {HIVE_METASTORE, *(each.lower() for each in catalogs)}
        names = "|".join(map(re.escape, self._catalogs))
        self._named = re.compile(rf"(?<!\w)({names})(?!\w)|{PREFIX}\d", re.IGNORECASE)

    def translate(self, sql: str, catalog: str, schema: str) -> str:
        """The statement with Spark's names.

        Args:
            sql: the statement.
            catalog: where names of two parts are looked up.
            schema: what `current_schema()` is.

        Raises:
            SqlError: a quote or a comment is not closed.
        """
        if catalog == CATALOG and not self._named.search(sql):
            return sql
        pieces, at = [], 0
        for token, text in _Reading(self, tokenize(sql), catalog, schema).changes():
            pieces += [sql[at : token.start], text]
            at = token.end
        return "".join([*pieces, sql[at:]])

    def in_spark(self, key: tuple[str, ...], texts: tuple[str, ...], catalog: str) -> tuple[str, ...] | None:
        """The parts of a relation's or function's name inside Spark; None when they are the same."""
        if len(key) == 3:
            if key[1] == INFORMATION_SCHEMA:
                return None
            if key[0] in self._catalogs:
                return CATALOG, spark_schema(texts[0], texts[1]), texts[2]
        elif len(key) == 2 and catalog != CATALOG:
            if key[0] in _OWN_SCHEMAS or key[0] == SYSTEM or (key[0] in _FORMATS and "/" in key[1]):
                return None
            return spark_schema(catalog, texts[0]), texts[1]
        return None

    def schema_in_spark(
        self, key: tuple[str, ...], texts: tuple[str, ...], catalog: str
    ) -> tuple[str, ...] | None:
        """The parts of a schema's name inside Spark; None when they are the same."""
        if key[-1] == INFORMATION_SCHEMA:
            return None
        if len(key) == 2:
            if key[0] in self._catalogs:
                return CATALOG, spark_schema(texts[0], texts[1])
        elif len(key) == 1 and catalog != CATALOG:
            return (spark_schema(catalog, texts[0]),)
        return None


class _Reading:
    """One pass over the tokens of a statement, which finds its names."""

    def __init__(self, translation: Translation, tokens: list[Token], catalog: str, schema: str) -> None:
        self._translation = translation
        self._tokens = tokens
        self._catalog = catalog
        self._schema = schema
        self._first = next((each.keyword for each in tokens if each.keyword != "("), "")
        self.chains: list[Chain] = []
        self._changes: list[tuple[Token, str]] = []
        self._levels = [_Level()]
        self._expected = _Expected.COLUMN
        self._is_in_head = True
        self._is_on_column = False
        self._is_metric_view = (
            self._first == "CREATE" and any(each.keyword == "METRICS" for each in tokens)
        ) or (
            self._first == "ALTER"
            and any(each.keyword == "AS" and body.kind is Kind.STRING for each, body in pairwise(tokens))
        )

    def changes(self) -> list[tuple[Token, str]]:
        """The tokens to replace, in order, each with its new text."""
        at = 0
        while at < len(self._tokens):
            token = self._tokens[at]
            if token.kind in (Kind.WORD, Kind.QUOTED):
                end = self._chain_end(at)
                if end - at > 1 or not self._is_keyword(at):
                    self._name(at, end)
                at = end
            else:
                if token.kind is Kind.STRING and self._is_metric_view:
                    self._source(token)
                self._symbol(at)
                at += 1
        self._columns()
        return sorted(self._changes, key=lambda each: each[0].start)

    def _keyword(self, at: int) -> str:
        return self._tokens[at].keyword if 0 <= at < len(self._tokens) else ""

    def _chain_end(self, at: int) -> int:
        end = at + 1
        while (
            self._keyword(end) == "."
            and end + 1 < len(self._tokens)
            and self._tokens[end + 1].kind in (Kind.WORD, Kind.QUOTED)
        ):
            end += 2
        return end

    def _symbol(self, at: int) -> None:
        symbol, level = self._keyword(at), self._levels[-1]
        if symbol == "(":
            is_from = self._expected is _Expected.RELATION
            self._levels.append(_Level(is_from, self._keyword(at - 1)))
            if not is_from:
                self._expected = _Expected.COLUMN
        elif symbol == ")":
            if len(self._levels) > 1:
                self._levels.pop()
            self._expected = _Expected.COLUMN
        elif symbol == ",":
            self._expected = _Expected.RELATION if level.is_from else _Expected.COLUMN
        else:
            self._expected = _Expected.COLUMN

    def _is_keyword(self, at: int) -> bool:
        """Read a word that stands alone; False when it is a name."""
        word, before, level = self._keyword(at), self._keyword(at - 1), self._levels[-1]
        if not word:
            return False
        if self._expected is not _Expected.COLUMN and word in _PASSED:
            return True
        if word in _ENDS_FROM:
            level.is_from, level.is_list = False, word == "SELECT"
            self._expected = _Expected.COLUMN
            is_privilege = self._first in ("GRANT", "REVOKE")
            self._is_in_head = self._is_in_head and (is_privilege or word not in ("SELECT", "VALUES"))
            return True
        if word == "FROM":
            if level.opener in _FROM_FUNCTIONS or (
                before == "DISTINCT" and self._keyword(at - 2) in ("IS", "NOT")
            ):
                return True
            level.is_list = False
            level.is_from = True
        if word == "AS":
            self._is_in_head = False
        expected = self._expected_after(at, word, before)
        if expected is None:
            return False
        self._expected = expected
        return True

    def _expected_after(self, at: int, word: str, before: str) -> _Expected | None:
        if word in _SCHEMA_WORDS and self._first in _WITH_SCHEMAS and self._is_in_head:
            is_column = at != 1 and before not in _BEFORE_SCHEMA_WORD
            return None if is_column else _Expected.SCHEMA
        if word == "CATALOG" and self._first in _WITH_SCHEMAS:
            return _Expected.CATALOG
        if self._first == "USE" and at == 0:
            return _Expected.SCHEMA
        if self._first == "SHOW" and word in ("IN", "FROM"):
            return self._expected_in_show()
        if word in _BEFORE_RELATION or word in _BEFORE_RELATION_AFTER.get(self._first, ()):
            is_condition = word == "LIKE" and not self._is_in_head
            return _Expected.COLUMN if is_condition else _Expected.RELATION
        if (before, word) in (("RENAME", "TO"), ("ROW", "FILTER")):
            return _Expected.RELATION
        if word == "COLUMN" and before == "ON":
            self._is_on_column = True
            return _Expected.COLUMN
        return None

    def _expected_in_show(self) -> _Expected:
        kind = self._keyword(1)
        if kind in _SHOW_IN_CATALOG:
            return _Expected.CATALOG
        if kind == "COLUMNS" and len(self.chains) == 0:
            return _Expected.RELATION
        return _Expected.SCHEMA

    def _name(self, at: int, end: int) -> None:
        parts = tuple(self._tokens[at:end:2])
        is_call = self._keyword(end) == "("
        expected = self._expected
        if len(parts) == 1 and parts[0].keyword in _CURRENT and expected is _Expected.COLUMN:
            self._current(at, is_call)
        elif expected is _Expected.COLUMN and is_call and len(parts) > 1:
            expected = _Expected.RELATION
        is_clause = is_call and len(parts) == 1 and parts[0].keyword == "IDENTIFIER"
        if not is_clause and (len(parts) > 1 or expected is not _Expected.COLUMN):
            has_star = self._keyword(end) == "." and self._keyword(end + 1) == "*"
            self.chains.append(Chain(parts, expected, has_star))
        self._expected = _Expected.COLUMN

    def _source(self, token: Token) -> None:
        """The relation or query that a metric view measures: it stands in YAML."""

        def in_spark(found: re.Match[str]) -> str:
            relation = "table " if _NAME.fullmatch(found["value"]) else ""
            query = self._translation.translate(relation + found["value"], self._catalog, self._schema)
            start, end = (each - found.start() for each in found.span("value"))
            return found[0][:start] + query.removeprefix(relation) + found[0][end:]

        text = _SOURCE.sub(in_spark, token.text)
        if text != token.text:
            self._changes.append((token, f"$${text}$$"))

    def _current(self, at: int, is_call: bool) -> None:
        """`current_catalog()` and its like: Spark would answer with its own."""
        word = self._keyword(at).lower()
        value = self._catalog if word == "current_catalog" else self._schema
        closing = at + 2 if is_call else at
        alias = ""
        ends = closing + 1 == len(self._tokens) or self._keyword(closing + 1) in (",", "FROM", ")", ";")
        if self._levels[-1].is_list and ends and self._keyword(at - 1) in ("SELECT", ","):
            alias = f" as `{word}()`"
        last = self._tokens[closing]
        whole = replace(self._tokens[at], end=last.end)
        self._changes.append((whole, f"{literal(value)}{alias}"))

    def _columns(self) -> None:
        """Change what was found: relations first, then the columns that begin with one of them."""
        read: dict[tuple[str, ...], tuple[str, ...]] = {}
        columns = []
        for chain in self.chains:
            texts = tuple(each.text for each in chain.parts)
            if chain.expected is _Expected.SCHEMA:
                if self._first == "USE" and chain.key[0] == HIVE_METASTORE:
                    continue  # the session keeps the name that it was given
                in_spark = self._translation.schema_in_spark(chain.key, texts, self._catalog)
                if (
                    self._first == "CREATE"
                    and is_taken(chain.key[-1])
                    and texts[-1] == (in_spark or texts)[-1]
                ):
                    raise unsupported("A schema of this name")  # it would be one of another catalog
                self._change(chain, in_spark)
            elif chain.expected is _Expected.RELATION:
                in_spark = self._translation.in_spark(chain.key, texts, self._catalog)
                self._change(chain, in_spark)
                read[chain.key] = in_spark or texts
                read.setdefault(chain.key[-2:], read[chain.key][-2:])
                if len(texts) == 1 and not self._is_word(self._schema):
                    self._note_own(texts[0], read)
            elif chain.expected is _Expected.COLUMN:
                columns.append(chain)
        for chain in columns:
            for length in (3, 2):
                in_spark = (
                    read.get(chain.key[:length]) if len(chain.parts) + chain.has_star > length else None
                )
                if in_spark is None and self._is_named_column(chain, length):
                    texts = tuple(each.text for each in chain.parts[:length])
                    in_spark = self._translation.in_spark(chain.key[:length], texts, self._catalog)
                if in_spark:
                    self._change(chain, in_spark)
                    break

    def _note_own(self, name: str, read: dict[tuple[str, ...], tuple[str, ...]]) -> None:
        """Note a relation of the current schema: a column may begin with the schema all the same."""
        key = (self._catalog, self._schema.lower(), name.lower())
        in_spark = (CATALOG, spark_schema(self._catalog, self._schema), name)
        read.setdefault(key, in_spark)
        read.setdefault(key[-2:], in_spark[-2:])

    def _is_word(self, name: str) -> bool:
        """Whether a name stands by itself: it may then be an alias, and what follows it a column's field."""
        return any(
            each.text.lower() == name.lower() and "." not in (self._keyword(at - 1), self._keyword(at + 1))
            for at, each in enumerate(self._tokens)
        )

    def _is_named_column(self, chain: Chain, length: int) -> bool:
        """Whether it is the column of an ON COLUMN, and so many of its parts name the relation."""
        return self._is_on_column and len(chain.parts) == length + 1

    def _change(self, chain: Chain, in_spark: tuple[str, ...] | None) -> None:
        for token, text in zip(chain.parts, in_spark or (), strict=False):
            if token.text != text:
                is_quoted = token.kind is Kind.QUOTED
                self._changes.append((token, f"`{text.replace('`', '``')}`" if is_quoted else text))
