"""The statements there are, each with what it says."""

from __future__ import annotations

from dataclasses import dataclass, field

Name = tuple[str, ...]


@dataclass(frozen=True)
class Key:
    """A PRIMARY KEY or FOREIGN KEY constraint: informational, as on Databricks."""

    name: str | None
    kind: str
    columns: tuple[str, ...]
    parent: Name = ()
    parent_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnSpec:
    """A column of a `CREATE MATERIALIZED VIEW`; the type is empty when the statement names none."""

    name: str
    type: str = ""
    is_nullable: bool = True
    comment: str | None = None


@dataclass(frozen=True)
class Statement:
    """Any statement: the text as it came."""

    sql: str


@dataclass(frozen=True)
class Query(Statement):
    """A query, run by Spark as it is."""


@dataclass(frozen=True)
class MetadataQuery(Statement):
    """A query of the information schema."""


@dataclass(frozen=True)
class Command(Statement):
    """A statement run by Spark as it is, or after Databricks-only clauses were cut out.

    Attributes:
        defines: relations whose definition it may change.
        writes: the relation whose rows it changes.
        is_insert: whether it adds rows only; Delta then does not say how many.
        replaces: whether it makes `defines` anew: what was recorded of the old ones is dropped.
        is_view: whether what it makes anew is a view.
        if_not_exists: whether it leaves a relation that is there as it is.
        renamed_to: what the one relation it defines is called from then on.
        schema: the schema whose definition it may change.
        function: the function it creates or, when `is_drop`, drops.
        keys: constraints to record once it has run.
        is_auto_clustered: whether CLUSTER BY AUTO is to be recorded.
    """

    defines: tuple[Name, ...] = ()
    writes: Name | None = None
    is_insert: bool = False
    replaces: bool = False
    is_view: bool = False
    if_not_exists: bool = False
    renamed_to: Name | None = None
    schema: Name | None = None
    function: Name | None = None
    is_drop: bool = False
    keys: tuple[Key, ...] = ()
    is_auto_clustered: bool = False


@dataclass(frozen=True)
class UseSchema(Statement):
    """`USE [CATALOG | SCHEMA] name`."""

    catalog: str | None
    schema: str | None


@dataclass(frozen=True)
class CreateMaterializedView(Statement):
    """`CREATE [OR REPLACE] MATERIALIZED VIEW`."""

    name: Name
    query: str
    replace: bool = False
    if_not_exists: bool = False
    columns: tuple[ColumnSpec, ...] = ()
    keys: tuple[Key, ...] = ()
    layout: str = ""
    is_auto_clustered: bool = False
    comment: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    schedule: str | None = None


@dataclass(frozen=True)
class RefreshMaterializedView(Statement):
    """`REFRESH [MATERIALIZED VIEW] name [FULL] [SYNC | ASYNC]`."""

    name: Name


@dataclass(frozen=True)
class DropMaterializedView(Statement):
    """`DROP MATERIALIZED VIEW [IF EXISTS] name`."""

    name: Name
    if_exists: bool


@dataclass(frozen=True)
class DropView(Statement):
    """`DROP VIEW [IF EXISTS] name`, which takes materialized views as well."""

    name: Name
    if_exists: bool


@dataclass(frozen=True)
class AlterSchedule(Statement):
    """`ALTER MATERIALIZED VIEW name {ADD | ALTER | DROP} SCHEDULE …`."""

    name: Name
    schedule: str | None


@dataclass(frozen=True)
class SetTags(Statement):
    """`ALTER … [ALTER COLUMN c] SET TAGS (…)`, or UNSET: a tag to unset has the value None."""

    name: Name
    column: str | None
    tags: dict[str, str | None]


@dataclass(frozen=True)
class CommentOn(Statement):
    """`COMMENT ON {TABLE | VIEW | COLUMN | SCHEMA} name IS text`; None is no comment."""

    kind: str
    name: Name
    comment: str | None


@dataclass(frozen=True)
class AddKey(Statement):
    """`ALTER TABLE name ADD [CONSTRAINT c] {PRIMARY | FOREIGN} KEY …`."""

    name: Name
    key: Key


@dataclass(frozen=True)
class DropConstraint(Statement):
    """`ALTER TABLE name DROP {CONSTRAINT c | PRIMARY KEY | FOREIGN KEY (…)}`."""

    name: Name
    constraint: str | None
    kind: str | None
    columns: tuple[str, ...]
    if_exists: bool


@dataclass(frozen=True)
class SetNotNull(Statement):
    """`ALTER TABLE name {ALTER | CHANGE} COLUMN c {SET | DROP} NOT NULL`."""

    name: Name
    column: str
    is_set: bool


@dataclass(frozen=True)
class ClusterByAuto(Statement):
    """`ALTER TABLE name CLUSTER BY AUTO`."""

    name: Name


@dataclass(frozen=True)
class Grant(Statement):
    """`GRANT` and `REVOKE`: recorded, never enforced."""

    is_grant: bool
    privileges: tuple[str, ...]
    kind: str
    name: Name
    principal: str


@dataclass(frozen=True)
class ShowGrants(Statement):
    """`SHOW GRANTS [principal] ON kind name`."""

    kind: str
    name: Name


@dataclass(frozen=True)
class Describe(Statement):
    """`DESCRIBE [TABLE] [EXTENDED] name [AS JSON]`."""

    name: Name
    is_extended: bool
    as_json: bool


@dataclass(frozen=True)
class ShowSchemas(Statement):
    """`SHOW {SCHEMAS | DATABASES} [IN catalog] [[LIKE] pattern]`."""

    catalog: str | None
    pattern: str | None


@dataclass(frozen=True)
class ShowTableExtended(Statement):
    """`SHOW TABLE EXTENDED [IN schema] LIKE pattern`."""

    schema: Name | None
    pattern: str


@dataclass(frozen=True)
class ShowProperties(Statement):
    """`SHOW TBLPROPERTIES name [(key)]`."""

    name: Name
    key: str | None
