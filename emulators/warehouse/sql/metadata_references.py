"""Where a statement reads what the warehouse knows of itself: information schema, history, event logs."""

from __future__ import annotations

from dataclasses import dataclass

from emulators.warehouse.names import INFORMATION_SCHEMA, SYSTEM
from emulators.warehouse.sql.lexer import Kind, Reader, Token
from emulators.warehouse.sql.translation import Chain, chains

HISTORY = (SYSTEM, "query", "history")
EVENT_LOG = "EVENT_LOG"

_NO_ALIAS = {
    *("WHERE", "JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL", "SEMI", "ANTI", "LATERAL", "ON"),
    *("USING", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "UNION", "INTERSECT", "EXCEPT", "MINUS"),
    *("WINDOW", "QUALIFY", "SORT", "CLUSTER", "DISTRIBUTE", "PIVOT", "UNPIVOT", "TABLESAMPLE", "WHEN"),
    *("SELECT", "SET", "VALUES", "INSERT", "VERSION", "TIMESTAMP", "FOR", "THEN", "WITH", "DO"),
}
"""Words that may follow a relation and are no alias of it."""


@dataclass(frozen=True)
class MetadataReference:
    """A relation that no table holds.

    Attributes:
        start: where it begins in the statement.
        end: where it ends.
        name: of the relation in lower case or, of an event log, of the relation whose it is.
        alias: what columns call it, if the statement does not say so; empty where it says so or cannot.
        is_event_log: whether it is a call of `event_log`.
    """

    start: int
    end: int
    name: tuple[str, ...]
    alias: str = ""
    is_event_log: bool = False

    @property
    def is_history(self) -> bool:
        """Whether it is `system.query.history`."""
        return not self.is_event_log and self.name == HISTORY


@dataclass(frozen=True)
class MetadataReferences:
    """Those of a statement.

    Attributes:
        relations: where it reads one.
        prefixes: offsets of what columns have before the relation's own name.
    """

    relations: tuple[MetadataReference, ...] = ()
    prefixes: tuple[tuple[int, int], ...] = ()


def references(sql: str) -> MetadataReferences:
    """The relations of this kind that a statement reads, in order.

    Raises:
        SqlError: an event log's call is not closed, a quote or a comment is not.
    """
    lowered = sql.lower()
    if not (
        INFORMATION_SCHEMA in lowered
        or EVENT_LOG.lower() in lowered
        or all(each in lowered for each in HISTORY)
    ):
        return MetadataReferences()
    reader = Reader(sql)
    relations, prefixes = list(_event_logs(reader)), []
    for chain in chains(reader.tokens):
        if chain.is_relation and _is_metadata(chain.key):
            relations.append(_reference(chain, reader.tokens))
        elif not chain.is_relation:
            named = next((chain.key[:each] for each in (3, 2) if _is_metadata(chain.key[:each])), ())
            length = len(named)
            if named and len(chain.parts) + chain.has_star > length:
                prefixes.append((chain.parts[0].start, chain.parts[length - 1].start))
    return MetadataReferences(tuple(sorted(relations, key=lambda each: each.start)), tuple(prefixes))


def _is_metadata(key: tuple[str, ...]) -> bool:
    return key == HISTORY or (len(key) in (2, 3) and key[-2] == INFORMATION_SCHEMA)


def _reference(chain: Chain, tokens: list[Token]) -> MetadataReference:
    first, last = tokens.index(chain.parts[0]), tokens.index(chain.parts[-1])
    follower = tokens[last + 1] if last + 1 < len(tokens) else None
    has_alias = follower is not None and (
        follower.kind is Kind.QUOTED or (follower.kind is Kind.WORD and follower.keyword not in _NO_ALIAS)
    )
    takes_one = first > 0 and tokens[first - 1].keyword not in ("TABLE", "DESCRIBE", "DESC", "EXTENDED")
    alias = chain.key[-1] if takes_one and not has_alias else ""
    return MetadataReference(chain.parts[0].start, chain.parts[-1].end, chain.key, alias)


def _event_logs(reader: Reader) -> list[MetadataReference]:
    """Where a statement calls `event_log(TABLE(name))`."""
    found = []
    for index, each in enumerate(reader.tokens):
        reader.at = index
        if reader.accept(EVENT_LOG, "(", "TABLE", "("):
            name = reader.name()
            reader.expect(")", ")")
            found.append(MetadataReference(each.start, reader.read_to, name, is_event_log=True))
    reader.at = 0
    return found
