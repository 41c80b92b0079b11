"""The statements there are, each with what it says."""

from __future__ import annotations

from dataclasses import dataclass, field

Name = tuple[str, ...]

SCHEMA_WORDS = ("SCHEMA", "DATABASE", "NAMESPACE")
"""What statements may call a schema."""


@dataclass(frozen=True)
class Key:
    """A PRIMARY KEY, UNIQUE or FOREIGN KEY constraint: informational, as on Databricks."""

    name: str | None
    kind: str
    columns: tuple[str, ...]
    parent: Name = ()
    parent_columns: tuple[str, ...] = ()
    is_rely: bool = False


@dataclass(frozen=True)
class Check:
    """A CHECK constraint."""

    name: str | None
    condition: str


@dataclass(frozen=True)
class RowFilter:
    """A function that says which rows a reader may see, and the columns it takes."""

    function: Name
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Mask:
    """A function that hides a column's values, and what else it takes, as the statement words it."""

    column: str
    function: Name
    using: str = ""


@dataclass(frozen=True)
class Clauses:
    """What a CREATE or ALTER says of a relation and Delta does not take: done once the relation is there.

    Attributes:
        is_auto_clustered: whether Databricks is to choose its clustering; None says nothing of it.
    """

    keys: tuple[Key, ...] = ()
    checks: tuple[Check, ...] = ()
    masks: tuple[Mask, ...] = ()
    row_filter: RowFilter | None = None
    is_auto_clustered: bool | None = None


@dataclass(frozen=True)
class ColumnSpec:
    """A column of a materialized view or streaming table; its type is empty when none is named."""

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
class DescribedQuery(Statement):
    """A query of `(DESCRIBE {HISTORY | DETAIL} name)`, which Spark takes as a statement alone.

    Attributes:
        described: the offsets between which each of them stands, without its parentheses.
    """

    described: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Command(Statement):
    """A statement run by Spark as it is, or after Databricks-only clauses were cut out.

    Attributes:
        defines: relations whose definition it may change.
        writes: the relation whose rows it changes.
        is_insert: whether it adds rows only; Delta then does not say how many.
        replaces: whether it makes `defines` anew: what was recorded of the old ones is dropped.
        is_view: whether what it makes anew is a view.
        keeps_query: whether a query in it is run later, as a view's is.
        is_clone: whether what it makes anew is a shallow clone.
        if_not_exists: whether it leaves a relation that is there as it is.
        renamed_to: what the one relation it defines is called from then on.
        renamed_column: the old and the new name of a column of it.
        is_new_query: whether it gives a view another query: the comments of its columns go.
        schema: the schema whose definition it may change.
        function: the function it creates or, when `is_drop`, drops.
        is_drop: whether what it defines is dropped.
        clauses: what is to be done once it has run.
        is_unknown: whether it may change what it does not name: all is compared once it has run.
    """

    defines: tuple[Name, ...] = ()
    writes: Name | None = None
    is_insert: bool = False
    replaces: bool = False
    is_view: bool = False
    keeps_query: bool = False
    is_clone: bool = False
    if_not_exists: bool = False
    renamed_to: Name | None = None
    renamed_column: tuple[str, str] | None = None
    is_new_query: bool = False
    schema: Name | None = None
    function: Name | None = None
    is_drop: bool = False
    clauses: Clauses = Clauses()
    is_unknown: bool = False


@dataclass(frozen=True)
class DropSchema(Command):
    """`DROP SCHEMA [IF EXISTS] name [RESTRICT | CASCADE]`."""

    is_cascade: bool = False


@dataclass(frozen=True)
class InsertReplace(Statement):
    """`INSERT INTO name [alias] [BY NAME] REPLACE {ON condition | USING (columns)} query [alias]`.

    Attributes:
        head: what stands before INSERT: comments and common table expressions.
        condition: of ON; empty when it is USING.
        using: the columns of USING.
    """

    name: Name
    query: str
    head: str = ""
    alias: str = ""
    source_alias: str = ""
    by_name: bool = False
    condition: str = ""
    using: tuple[str, ...] = ()


@dataclass(frozen=True)
class UseSchema(Statement):
    """`USE [CATALOG | SCHEMA] name`."""

    catalog: str | None
    schema: str | None


@dataclass(frozen=True)
class CreateMaterialized(Statement):
    """CREATE of a relation that keeps the rows of a query.

    Attributes:
        replace: OR REPLACE of a materialized view, OR REFRESH of a streaming table.
        layout: its PARTITIONED BY and CLUSTER BY, as worded.
        schedule: when it is to be refreshed, as DESCRIBE EXTENDED words it; None is by hand.
    """

    name: Name
    query: str
    replace: bool = False
    if_not_exists: bool = False
    columns: tuple[ColumnSpec, ...] = ()
    layout: str = ""
    comment: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    schedule: str | None = None
    clauses: Clauses = Clauses()


@dataclass(frozen=True)
class CreateMaterializedView(CreateMaterialized):
    """`CREATE [OR REPLACE] MATERIALIZED VIEW`."""


@dataclass(frozen=True)
class CreateStreamingTable(CreateMaterialized):
    """`CREATE [OR REFRESH] STREAMING TABLE`."""


@dataclass(frozen=True)
class RefreshMaterializedView(Statement):
    """`REFRESH [MATERIALIZED VIEW] name [FULL] [SYNC | ASYNC]`."""

    name: Name


@dataclass(frozen=True)
class RefreshStreamingTable(Statement):
    """`REFRESH STREAMING TABLE name [FULL] [SYNC | ASYNC]`."""

    name: Name
    is_full: bool


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
    """`ALTER {MATERIALIZED VIEW | STREAMING TABLE} name {ADD | ALTER | DROP} SCHEDULE …`."""

    name: Name
    schedule: str | None


@dataclass(frozen=True)
class SetTags(Statement):
    """`ALTER … [ALTER COLUMN c] SET TAGS (…)`, or UNSET: a tag to unset has the value None."""

    name: Name
    column: str | None
    tags: dict[str, str | None]


@dataclass(frozen=True)
class Analyze(Statement):
    """`ANALYZE {TABLE name | TABLES IN schema} COMPUTE … STATISTICS …` with the columns it names."""

    name: Name
    columns: tuple[str, ...] = ()
    is_schema: bool = False


@dataclass(frozen=True)
class CommentOn(Statement):
    """`COMMENT ON {TABLE | VIEW | COLUMN | SCHEMA} name IS text`; None is no comment."""

    kind: str
    name: Name
    comment: str | None


@dataclass(frozen=True)
class AddKey(Statement):
    """`ALTER TABLE name ADD [CONSTRAINT c] {PRIMARY KEY | UNIQUE | FOREIGN KEY} …`."""

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
    is_cascade: bool = False


@dataclass(frozen=True)
class SetNotNull(Statement):
    """`ALTER TABLE name {ALTER | CHANGE} COLUMN c {SET | DROP} NOT NULL`."""

    name: Name
    column: str
    is_set: bool


@dataclass(frozen=True)
class SetRowFilter(Statement):
    """`ALTER … {SET ROW FILTER f ON (…) | DROP ROW FILTER}`; None drops."""

    name: Name
    row_filter: RowFilter | None


@dataclass(frozen=True)
class SetMask(Statement):
    """`ALTER … ALTER COLUMN c {SET MASK f [USING COLUMNS (…)] | DROP MASK}`; None drops."""

    name: Name
    column: str
    mask: Mask | None


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
class SetOwner(Statement):
    """`ALTER {CATALOG | SCHEMA | TABLE | VIEW | …} name [SET] OWNER TO principal`: recorded, like grants."""

    kind: str
    name: Name
    owner: str


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
