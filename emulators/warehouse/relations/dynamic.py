"""Statements that hold others: EXECUTE IMMEDIATE, and compound statements.

The text of an EXECUTE IMMEDIATE goes the way of every statement once it is known. A compound statement is
Spark's to run: what its parts touch is read off before, and everything is compared afterwards.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.errors import PySparkException
from pyspark.sql import types as t

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.describing.metadata_relations import MetadataRelations
from emulators.warehouse.errors import SqlError, unsupported
from emulators.warehouse.files.read_files import FileRelations
from emulators.warehouse.names import split
from emulators.warehouse.relations.commands import Commands
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions import session_settings
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql import json_paths, statements
from emulators.warehouse.sql.lexer import first_word, tokenize
from emulators.warehouse.sql.parameter_markers import filled
from emulators.warehouse.sql.quoting import changed, literal
from emulators.warehouse.sql.statements import Clauses, CompoundStatement, ExecuteImmediate

Run = Callable[[str, Session, int | None], ResultSet]
"""Carries out a statement as a client wrote it, and takes so many rows of a query."""

_OF_QUERIES = (
    statements.Query,
    statements.DescribedQuery,
)
_SUFFIXES = {t.ByteType: "Y", t.ShortType: "S", t.IntegerType: "", t.LongType: "L", t.DecimalType: "BD"}
_TYPED: dict[type[t.DataType], str] = {
    t.DateType: "date",
    t.TimestampType: "timestamp",
    t.TimestampNTZType: "timestamp_ntz",
}
_CAST = (t.FloatType, t.DoubleType)


class Dynamic:
    """Carries them out.

    Args:
        catalog: knows the names of relations.
        commands: runs compound statements.
        files: puts what Spark knows in the place of files.
        metadata: puts temporary views in the place of what no table holds.
        run: carries out the text of an EXECUTE IMMEDIATE.
    """

    def __init__(
        self,
        catalog: Catalog,
        commands: Commands,
        files: FileRelations,
        metadata: MetadataRelations,
        run: Run,
    ) -> None:
        self._catalog = catalog
        self._commands = commands
        self._files = files
        self._metadata = metadata
        self._run = run

    def carry_out(
        self, statement: ExecuteImmediate | CompoundStatement, session: Session, row_limit: int | None
    ) -> ResultSet:
        """Carry out one of these statements.

        Raises:
            SqlError: what it holds fails, or cannot be carried out within it.
        """
        if isinstance(statement, CompoundStatement):
            return self._script(statement, session)
        return self._execute_immediate(statement, session, row_limit)

    def _execute_immediate(
        self, statement: ExecuteImmediate, session: Session, row_limit: int | None
    ) -> ResultSet:
        text = _text_of(statement, session)
        if text is None:  # Spark says what is wrong with it
            try:
                return result_set.from_command(session.spark.sql(statement.sql))
            finally:
                self._catalog.sync.reconcile()
        if first_word(text).upper() == "BEGIN":
            raise SqlError(
                "SQL_SCRIPT_IN_EXECUTE_IMMEDIATE",
                "SQL Scripts in EXECUTE IMMEDIATE commands are not allowed. Please ensure that the SQL query "
                f"provided ({text}) is not SQL Script. Make sure the sql_string is a well-formed SQL "
                "statement and does not contain BEGIN and END.",
                "07501",
            )
        if statement.using:
            text = filled(text, _values_of(statement.using, text, session))
        if statement.into:
            if not isinstance(statements.recognise(text), _OF_QUERIES):
                raise SqlError(
                    "INVALID_STATEMENT_FOR_EXECUTE_INTO",
                    "The INTO clause of EXECUTE IMMEDIATE is only valid for queries but the given statement "
                    f"is not a query: {text}.",
                    "07501",
                )
            end = tokenize(text)[-1].end
            text = f"set variable ({statement.into}) = ({text[:end]})"
        return session_settings.statement(text, session) or self._run(text, session, row_limit)

    def _script(self, script: CompoundStatement, session: Session) -> ResultSet:
        commands: list[statements.Command] = []
        changes = []
        for part in script.parts:
            text = script.sql[part.start : part.end]
            if not part.is_statement:
                text = self._translated(text, session)
            elif isinstance(held := statements.dynamic(text), ExecuteImmediate):
                said = held.literal()
                if said is None:
                    raise unsupported(
                        "EXECUTE IMMEDIATE of anything but a string literal in a compound statement"
                    )
                inner = literal(self._part(said, session, commands))
                text = changed(text, [(held.start, held.start + len(held.text), inner)])
            else:
                text = self._part(text, session, commands)
            changes.append((part.start, part.end, text))
        sql = changed(script.sql, changes)
        is_kept = any(each.keeps_query for each in commands)
        whole = statements.Command(sql, keeps_query=is_kept)
        with (
            self._metadata.named(sql, whole, session) as with_views,
            self._files.named(with_views, session.spark, is_kept) as named,
        ):
            return self._commands.run_script(named, commands, session)

    def _part(self, text: str, session: Session, commands: list[statements.Command]) -> str:
        """A statement of a script as Spark is to read it; what it changes is added to `commands`.

        Raises:
            SqlError: it is not Spark's, or leaves more to do than Spark does.
        """
        found = statements.recognise(self._translated(text, session))
        self._metadata.check(found)
        if type(found) in (statements.Command, statements.DropSchema) and isinstance(
            found, statements.Command
        ):
            is_plain = not (found.function or found.is_clone or found.is_new_query or found.renamed_column)
            if is_plain and found.clauses == Clauses():
                commands.append(found)
                return found.sql
        elif isinstance(found, statements.Query):
            return found.sql
        words = " ".join(each.text.upper() for each in tokenize(text)[:3])
        raise unsupported(f"{words} … in a compound statement")

    def _translated(self, text: str, session: Session) -> str:
        text = json_paths.rewritten(text)
        return self._catalog.translation.translate(text, session.catalog, split(session.schema)[1])


def _text_of(statement: ExecuteImmediate, session: Session) -> str | None:
    """The text that is to be executed; None when there is none."""
    if (said := statement.literal()) is not None:
        return said
    try:
        frame = session.spark.sql(f"select {statement.text}")
    except PySparkException:
        return None
    if len(frame.columns) != 1 or not isinstance(frame.schema[0].dataType, t.StringType):
        return None
    found = frame.collect()[0][0]
    return None if found is None else str(found)


def _values_of(using: str, text: str, session: Session) -> dict[str, str] | list[str]:
    """The values of USING as literals: in order for a text with `?`, else by their names."""
    frame = session.spark.sql(f"select {using}")
    kinds = [each.dataType for each in frame.schema]
    numbered = frame.toDF(*(f"_{index}" for index in range(len(kinds))))
    row = numbered.selectExpr(*(f"cast(_{index} as string)" for index in range(len(kinds)))).collect()[0]
    values = [_literal(each, kind) for each, kind in zip(row, kinds, strict=True)]
    if any(each.text in ("?", "?::") for each in tokenize(text)):
        return values
    return dict(zip(frame.columns, values, strict=True))


def _literal(text: str | None, kind: t.DataType) -> str:
    """A value as a literal of SQL.

    Args:
        text: the value cast to a string.
        kind: its type.

    Raises:
        SqlError: values of the type have no literal.
    """
    name = kind.simpleString()
    if text is None:
        return f"cast(null as {name})"
    if isinstance(kind, t.StringType):
        return literal(text)
    if isinstance(kind, t.BooleanType):
        return text
    if type(kind) in _SUFFIXES:
        return f"{text}{_SUFFIXES[type(kind)]}"
    if type(kind) in _TYPED:
        return f"{_TYPED[type(kind)]}{literal(text)}"
    if isinstance(kind, _CAST):
        return f"cast({literal(text)} as {name})"
    raise unsupported(f"EXECUTE IMMEDIATE … USING a value of type {name.upper()}")
