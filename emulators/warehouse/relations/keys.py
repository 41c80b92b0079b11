"""Keys of relations: recorded and readable back, never enforced, as on Databricks."""

from __future__ import annotations

from dataclasses import replace

from emulators.warehouse.catalog.catalog import Catalog
from emulators.warehouse.catalog.records.keys import key_definition
from emulators.warehouse.errors import SqlError, refused_by_catalog, table_not_found
from emulators.warehouse.names import short_hash
from emulators.warehouse.results import result_set
from emulators.warehouse.results.result_set import ResultSet
from emulators.warehouse.sessions.handlers import Handlers
from emulators.warehouse.sessions.sessions import Session
from emulators.warehouse.sql.quoting import listed, quoted
from emulators.warehouse.sql.statements import AddKey, DropConstraint, Key

PRIMARY, UNIQUE = "PRIMARY KEY", "UNIQUE"
_TABLES = ("MANAGED", "EXTERNAL")


class Keys:
    """Adds and drops them."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._records = catalog.records

    def handlers(self) -> Handlers:
        """What carries out each of the statements."""
        return {
            AddKey: self.add,
            DropConstraint: self.drop,
        }

    def add(self, statement: AddKey, session: Session) -> None:
        """Carry out `ALTER … ADD [CONSTRAINT name] {PRIMARY KEY | UNIQUE | FOREIGN KEY}`.

        Raises:
            SqlError: the relation is a view, a column of a primary key may be null, or as of `put`.
        """
        relation = self._catalog.get(statement.name, session)
        if relation.type == "VIEW":
            raise SqlError(
                "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
                f"'ALTER TABLE ... ADD CONSTRAINT' expects a table but {quoted(statement.name)} is a view.",
                "42809",
            )
        key = statement.key
        if key.kind == PRIMARY and relation.type in _TABLES:
            wanted = {each.lower() for each in key.columns}
            columns = self._records.columns.of(relation.schema, relation.name)
            nullable = [each.name for each in columns if each.is_nullable and each.name.lower() in wanted]
            if nullable:
                raise refused_by_catalog(
                    f"Cannot create the primary key {quoted((_name(relation.name, key),))} because its child "
                    f"column(s) {listed(nullable)} is nullable. Please change "
                    "the column nullability and retry."
                )
        self.put(relation.schema, relation.name, key, session)

    def put(self, schema: str, relation: str, key: Key, session: Session) -> None:
        """Record a key.

        Raises:
            SqlError: a column or the parent does not exist, a foreign key does not lead to a key of its
                parent, there is a constraint of this name, or a second primary key.
        """
        for column in key.columns:
            self._catalog.check_column(schema, relation, column)
        parent = self._catalog.resolve(key.parent, session) if key.parent else None
        if parent and self._records.relations.get(*parent) is None:
            raise table_not_found(quoted((self._catalog.name, *parent)))
        name = _name(relation, key)
        if parent:
            for column in key.parent_columns:
                self._catalog.check_column(*parent, column)
            key = replace(key, parent_columns=self._parent_columns(key, parent))
        for known, other, parent_of_other in self._records.keys.of(schema, relation):
            if known.lower() == name.lower() and (key.name or key.kind != PRIMARY):
                raise SqlError(
                    "DELTA_CONSTRAINT_ALREADY_EXISTS",
                    f"Constraint '{name}' already exists. Please delete the old constraint first.\n"
                    f"Old constraint:\n{known} {key_definition(other, parent_of_other)}",
                    "42710",
                )
            if key.kind == other.kind == PRIMARY:
                columns = ", ".join(f"({', '.join(each.columns)})" for each in (other, key))
                raise SqlError(
                    "MULTIPLE_PRIMARY_KEYS",
                    f"Multiple primary keys are defined: {columns}. Please ensure that only one primary key "
                    "is defined for the table.",
                    "42P16",
                )
        self._records.keys.put(schema, relation, key, name, parent)

    def drop(self, statement: DropConstraint, session: Session) -> ResultSet | None:
        """Carry out `ALTER … DROP {CONSTRAINT name | PRIMARY KEY | FOREIGN KEY (columns)}`.

        Raises:
            SqlError: there is no such constraint, or foreign keys depend on it.
        """
        relation = self._catalog.get(statement.name, session)
        where = (relation.schema, relation.name)
        wanted = (statement.constraint or "").lower()
        found = [
            (name, key)
            for name, key, _ in self._records.keys.of(*where)
            if (name.lower() == wanted if wanted else key.kind == statement.kind)
            and (not statement.columns or _lower(key.columns) == _lower(statement.columns))
        ]
        if not found and wanted:
            frame = session.spark.sql(  # a CHECK constraint, or Delta's error
                f"alter table {quoted((self._catalog.name, *where))} drop constraint "
                f"{'if exists ' if statement.if_exists else ''}{quoted((statement.constraint or '',))}"
            )
            self._catalog.sync.relation(*where, is_new=False)
            return result_set.from_command(frame)
        if not found and not statement.if_exists:
            raise SqlError("CONSTRAINT_DOES_NOT_EXIST", f"There is no such {statement.kind}.", "42704")
        with self._records.transaction():
            for name, key in found:
                for schema, child, foreign in self._dependent(where, key):
                    if not statement.is_cascade:
                        raise refused_by_catalog(
                            f"A foreign key {quoted((foreign,))} depends on the {key.kind.lower()}"
                        )
                    self._records.keys.drop(schema, child, foreign)
                self._records.keys.drop(*where, name)
        return None

    def _parent_columns(self, key: Key, parent: tuple[str, str]) -> tuple[str, ...]:
        """The columns a foreign key leads to: those it names, or those of the parent's primary key.

        Raises:
            SqlError: the parent has no such key.
        """
        known = [each for _, each, _ in self._records.keys.of(*parent) if each.kind in (PRIMARY, UNIQUE)]
        primary = next((each.columns for each in known if each.kind == PRIMARY), ())
        columns = key.parent_columns or primary
        wanted = sorted(_lower(columns))
        if len(wanted) != len(key.columns) or wanted not in [sorted(_lower(each.columns)) for each in known]:
            raise SqlError(
                "FOREIGN_KEY_MISMATCH",
                f"Foreign key parent columns ({', '.join(columns)}) do not match primary key child columns "
                f"({', '.join(key.columns)}).",
                "42830",
            )
        return columns

    def _dependent(self, where: tuple[str, str], key: Key) -> list[tuple[str, str, str]]:
        """The foreign keys that refer to a key: to the primary one unless they name another's columns."""
        unique = {_lower(each.columns) for _, each, _ in self._records.keys.of(*where) if each.kind == UNIQUE}
        found = []
        for schema, child, name, columns in self._records.keys.to(*where):
            of_unique = _lower(columns) in unique
            if _lower(columns) == _lower(key.columns) if of_unique else key.kind == PRIMARY:
                found.append((schema, child, name))
        return found if key.kind in (PRIMARY, UNIQUE) else []


def _name(relation: str, key: Key) -> str:
    if key.name:
        return key.name
    return f"{relation}_pk" if key.kind == PRIMARY else f"{relation}_{key.kind[0].lower()}k_{short_hash(key)}"


def _lower(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each.lower() for each in names)
