"""GRANT, REVOKE and SHOW GRANTS: privileges are recorded and read back, and nothing enforces them."""

from __future__ import annotations

from pyspark.sql import types as t

from emulators.warehouse import results, statements
from emulators.warehouse.catalog import Catalog
from emulators.warehouse.names import split
from emulators.warehouse.results import Column, ResultSet
from emulators.warehouse.sessions import Session
from emulators.warehouse.statements import Name

_COLUMNS = [Column(each, t.StringType()) for each in ("Principal", "ActionType", "ObjectType", "ObjectKey")]


class Grants:
    """Carries out the statements about privileges."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def change(self, statement: statements.Grant, session: Session) -> None:
        """Carry out `GRANT` or `REVOKE`."""
        kind, schema, name = self._securable(statement.kind, statement.name, session)
        self._catalog.records.put_grants(
            kind, schema, name, statement.principal, statement.privileges, statement.is_grant
        )

    def show(self, statement: statements.ShowGrants, session: Session) -> ResultSet:
        """Carry out `SHOW GRANTS`."""
        kind, schema, name = self._securable(statement.kind, statement.name, session)
        parts = (schema,) if kind == "CATALOG" else (*split(schema), name)
        key = ".".join(each for each in parts if each)
        rows = [
            (principal, privilege, kind, key)
            for principal, privilege in self._catalog.records.grants(kind, schema, name)
        ]
        return results.from_rows(_COLUMNS, rows)

    def _securable(self, kind: str, name: Name, session: Session) -> tuple[str, str, str]:
        if kind == "CATALOG":
            return kind, self._catalog.check_catalog(name[0]), ""
        if kind in ("SCHEMA", "DATABASE"):
            return "SCHEMA", self._catalog.resolve_schema(name, session).name, ""
        if kind == "FUNCTION":
            return kind, *self._catalog.resolve(name, session)
        relation = self._catalog.get(name, session)
        return "TABLE", relation.schema, relation.name
