"""Row filters and column masks: recorded and readable back, never applied."""

from __future__ import annotations

from dataclasses import replace

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.records.relations import Relation
from emulators.warehouse.errors import SqlError
from emulators.warehouse.names import split
from emulators.warehouse.sessions.handlers import Handlers
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql.quoting import quoted
from emulators.warehouse.sql.statements import Clauses, Mask, Name, RowFilter, SetMask, SetRowFilter


class Policies:
    """Records what ALTER and CREATE say of them."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._records = catalog.records

    def handlers(self) -> Handlers:
        """What carries out each of the statements."""
        return {
            SetRowFilter: self.set_row_filter,
            SetMask: self.set_mask,
        }

    def set_row_filter(self, statement: SetRowFilter, session: Session) -> None:
        """Carry out `ALTER … SET ROW FILTER` and `… DROP ROW FILTER`.

        Raises:
            SqlError: the relation, a column or the function does not exist, or the relation is a view.
        """
        relation = self._filterable(statement.name, session)
        where = (relation.schema, relation.name)
        self._records.policies.put_row_filter(
            *where, self._checked_filter(statement.row_filter, where, session)
        )

    def set_mask(self, statement: SetMask, session: Session) -> None:
        """Carry out `ALTER … ALTER COLUMN … SET MASK` and `… DROP MASK`.

        Raises:
            SqlError: as of `set_row_filter`.
        """
        relation = self._filterable(statement.name, session)
        where = (relation.schema, relation.name)
        self._catalog.check_column(*where, statement.column)
        mask = statement.mask and self._checked_mask(statement.mask, session)
        self._records.policies.put_mask(*where, statement.column, mask)

    def check(self, clauses: Clauses, session: Session) -> None:
        """Refuse functions that do not exist before a relation is made with them.

        Raises:
            SqlError: `ROUTINE_NOT_FOUND`.
        """
        if clauses.row_filter:
            self._function(clauses.row_filter.function, session)
        for each in clauses.masks:
            self._function(each.function, session)

    def record(self, schema: str, name: str, clauses: Clauses, session: Session) -> None:
        """Record what a CREATE says.

        Raises:
            SqlError: a column or function does not exist.
        """
        if clauses.row_filter:
            found = self._checked_filter(clauses.row_filter, (schema, name), session)
            self._records.policies.put_row_filter(schema, name, found)
        for mask in clauses.masks:
            self._records.policies.put_mask(schema, name, mask.column, self._checked_mask(mask, session))

    def _checked_filter(
        self, row_filter: RowFilter | None, where: tuple[str, str], session: Session
    ) -> RowFilter | None:
        if row_filter is None:
            return None
        for column in row_filter.columns:
            if not column.startswith(("'", '"')) and not column[:1].isdigit():
                self._catalog.check_column(*where, column)
        return replace(row_filter, function=self._function(row_filter.function, session))

    def _checked_mask(self, mask: Mask, session: Session) -> Mask:
        return replace(mask, function=self._function(mask.function, session))

    def _function(self, name: Name, session: Session) -> Name:
        """The full name of a function."""
        schema, function = self._catalog.resolve(name, session)
        if not self._records.functions.has(schema, function):
            raise SqlError(
                "ROUTINE_NOT_FOUND",
                f"The routine {quoted((self._catalog.name, schema, function))} cannot be found. Verify the "
                "spelling and correctness of the schema and catalog.",
                "42883",
            )
        return (*split(schema), function)

    def _filterable(self, name: Name, session: Session) -> Relation:
        relation = self._catalog.get(name, session)
        if relation.type in ("VIEW", "METRIC_VIEW"):
            raise SqlError(
                "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
                f"Row filters and column masks expect a table but {quoted(name)} is a view.",
                "42809",
            )
        return relation
