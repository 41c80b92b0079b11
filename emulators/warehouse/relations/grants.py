"""GRANT, REVOKE, SHOW GRANTS and OWNER TO: recorded and read back, and nothing enforces them."""

from __future__ import annotations

from pyspark.sql import types as t

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.errors import SqlError
from emulators.warehouse.files.volumes import Volumes
from emulators.warehouse.names import split
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import Column, ResultSet
from emulators.warehouse.sessions.handlers import Handlers
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql import statements
from emulators.warehouse.sql.statements import SCHEMA_WORDS, Name

_COLUMNS = [Column(each, t.StringType()) for each in ("Principal", "ActionType", "ObjectType", "ObjectKey")]

_ON_ALL = {"ALL PRIVILEGES", "APPLY TAG", "MANAGE"}
_ON_TABLES = _ON_ALL | {"MODIFY", "REFRESH", "SELECT"}
_ON_FUNCTIONS = _ON_ALL | {"EXECUTE"}
_ON_SCHEMAS = {
    *_ON_TABLES,
    *_ON_FUNCTIONS,
    "CREATE FUNCTION",
    "CREATE MATERIALIZED VIEW",
    "CREATE MODEL",
    "CREATE MODEL VERSION",
    "CREATE TABLE",
    "CREATE VOLUME",
    "EXTERNAL USE SCHEMA",
    "READ VOLUME",
    "USE SCHEMA",
    "WRITE VOLUME",
    *("CREATE", "USAGE"),  # of the first privilege model, still understood
}
_PRIVILEGES = {
    "TABLE": _ON_TABLES,
    "FUNCTION": _ON_FUNCTIONS,
    "VOLUME": _ON_ALL | {"READ VOLUME", "WRITE VOLUME"},
    "SCHEMA": _ON_SCHEMAS,
    "CATALOG": _ON_SCHEMAS | {"BROWSE", "CREATE FOREIGN SECURABLE", "CREATE SCHEMA", "USE CATALOG"},
}
"""What may be granted on each kind of object, as the privileges reference of Unity Catalog has it."""


class Grants:
    """Carries out the statements about privileges and owners."""

    def __init__(self, catalog: Catalog, volumes: Volumes) -> None:
        self._catalog = catalog
        self._volumes = volumes

    def handlers(self) -> Handlers:
        """What carries out each of the statements."""
        return {
            statements.Grant: self.change,
            statements.ShowGrants: self.show,
            statements.SetOwner: self.set_owner,
        }

    def change(self, statement: statements.Grant, session: Session) -> None:
        """Carry out `GRANT` or `REVOKE`.

        Raises:
            SqlError: there is no such privilege on objects of this kind.
        """
        kind, schema, name = self._securable(statement.kind, statement.name, session)
        for each in statement.privileges:
            if each not in _PRIVILEGES[kind]:
                raise SqlError(
                    "INVALID_PARAMETER_VALUE",
                    f"Privilege {each} is not applicable to this entity [{_key(kind, schema, name)}:{kind}]. "
                    "If this seems unexpected, please check the privilege version of the metastore in use "
                    "[1.0].",
                    "22023",
                )
        self._catalog.records.privileges.put_grants(
            kind, schema, name, statement.principal, statement.privileges, statement.is_grant
        )

    def show(self, statement: statements.ShowGrants, session: Session) -> ResultSet:
        """Carry out `SHOW GRANTS`."""
        kind, schema, name = self._securable(statement.kind, statement.name, session)
        key = _key(kind, schema, name)
        rows = [
            (principal, privilege, kind, key)
            for principal, privilege in self._catalog.records.privileges.grants(kind, schema, name)
        ]
        return result_set.from_rows(_COLUMNS, rows)

    def set_owner(self, statement: statements.SetOwner, session: Session) -> None:
        """Carry out `ALTER … OWNER TO`."""
        kind, schema, name = self._securable(statement.kind, statement.name, session)
        self._catalog.records.privileges.put_owner(kind, schema, name, statement.owner)

    def _securable(self, kind: str, name: Name, session: Session) -> tuple[str, str, str]:
        if kind == "CATALOG":
            return kind, self._catalog.check_catalog(name[0]), ""
        if kind in SCHEMA_WORDS:
            return "SCHEMA", self._catalog.resolve_schema(name, session).name, ""
        if kind == "FUNCTION":
            return kind, *self._catalog.resolve(name, session)
        if kind == "VOLUME":
            volume = self._volumes.get(name, session)
            return kind, volume.schema, volume.name
        relation = self._catalog.get(name, session)
        return "TABLE", relation.schema, relation.name


def _key(kind: str, schema: str, name: str) -> str:
    parts = (schema,) if kind == "CATALOG" else (*split(schema), name)
    return ".".join(each for each in parts if each)
