"""MERGE, whose commonest mistake Delta cannot tell: it raises a class that is not among Spark's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from emulators.warehouse.errors import SqlError, sql_error_from
from emulators.warehouse.sql.lexer import Token, tokenize

UNRESOLVED = "DELTA_MERGE_UNRESOLVED_EXPRESSION"


@dataclass(frozen=True)
class Probe:
    """A query that fails where a part of a MERGE does, and what Databricks calls that part."""

    query: str
    part: str


def run(spark: SparkSession, sql: str) -> DataFrame:
    """Run a statement; a MERGE that names a column there is not fails in the words of Databricks.

    Raises:
        SqlError: `DELTA_MERGE_UNRESOLVED_EXPRESSION`; every other error comes as Spark raises it.
    """
    try:
        return spark.sql(sql)
    except Exception as error:
        if sql_error_from(error).error_class != UNRESOLVED:
            raise
        raise SqlError(UNRESOLVED, _reason(spark, sql), "42601") from error


def _reason(spark: SparkSession, sql: str) -> str:
    for probe in probes(sql):
        try:
            spark.sql(probe.query)
        except PySparkException as error:
            parameters = error.getMessageParameters() or {}
            if "objectName" in parameters:
                columns = parameters.get("proposal", "")
                return f"Cannot resolve {parameters['objectName']} in {probe.part} given columns {columns}."
    return "Cannot resolve an expression in a clause of the MERGE."


def probes(sql: str) -> Iterator[Probe]:
    """A query for the search condition of a MERGE and for each expression of its clauses, in order."""
    words = _outermost(tokenize(sql))
    merge, into, using, on = (_first(words, each) for each in ("MERGE", "INTO", "USING", "ON"))
    starts = [each for each in words if each.keyword == "WHEN"]
    ends = [each.start for each in starts[1:]] + [len(sql.rstrip().rstrip(";"))]
    head, target, source = sql[: merge.start], sql[into.end : using.start], sql[using.end : on.start]
    both = f"{head}select 1 from{target}join{source}{sql[on.start : starts[0].start]}"
    yield Probe(both, "search condition")
    for when, end in zip(starts, ends, strict=True):
        clause = [each for each in words if when.start <= each.start < end]
        then = _first(clause, "THEN")
        action = clause[clause.index(then) + 1]
        kind = [each.keyword for each in clause[1:6]]
        del kind[next(at for at, each in enumerate(kind) if each in ("AND", "THEN")) :]
        relations = target if "SOURCE" in kind else source if "NOT" in kind else f"{target}, {source}"
        condition = sql[clause[len(kind) + 1].end : then.start].strip()
        if condition:
            yield Probe(f"{head}select {condition} from{relations}", f"{action.keyword} condition")
        part = f"{action.keyword} clause"
        for columns, values in _assignments(sql[action.end : end]):
            if values:
                yield Probe(f"{head}select {values} from{relations}", part)
            if columns:
                yield Probe(f"{head}select {columns} from{target}", part)


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    """The columns that the action of a clause sets, each list of them with its values."""
    tokens = tokenize(text)
    words = _outermost(tokens)
    if words and words[0].keyword == "SET":
        start = words[0].end
        commas = [each.start for each in words if each.keyword == ","]
        for end in [*commas, len(text)]:
            column, _, value = text[start:end].lstrip(",").partition("=")
            yield column, value
            start = end
    elif any(each.keyword == "VALUES" for each in words):
        values = _first(words, "VALUES")
        columns = text[: values.start].strip().removeprefix("(").removesuffix(")")
        yield columns, text[values.end :].strip().removeprefix("(").removesuffix(")")


def _outermost(tokens: list[Token]) -> list[Token]:
    """The tokens outside of parentheses and CASE."""
    found, depth = [], 0
    for each in tokens:
        if each.keyword in (")", "END"):
            depth -= 1
        elif each.keyword in ("(", "CASE"):
            depth += 1
        elif depth == 0:
            found.append(each)
    return found


def _first(tokens: list[Token], keyword: str) -> Token:
    return next(each for each in tokens if each.keyword == keyword)
