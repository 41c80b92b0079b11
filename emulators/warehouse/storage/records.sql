-- What the warehouse remembers of every schema and relation, and Unity Catalog's information schema over it.
-- Times are text, `YYYY-MM-DD HH:MM:SS.ffffff` in UTC: they compare with literals as timestamps do.

create table if not exists catalog_record (
    name text primary key,
    comment text,
    created text not null,
    last_altered text not null
);

create table if not exists schema_record (
    name text primary key,                  -- inside Spark; every `schema_name` below is one of these
    catalog_name text not null,             -- as clients say it
    schema_name text not null,
    comment text not null default '',
    location text not null,
    properties text not null,
    created text not null,
    last_altered text not null
);

create table if not exists relation_record (
    schema_name text not null,
    name text not null,
    entry text not null,                    -- what Spark's catalog holds, to put it back after a restart
    type text not null,                     -- MANAGED, EXTERNAL, VIEW, MATERIALIZED_VIEW, METRIC_VIEW
    provider text,
    location text,                          -- of a Delta table: its folder
    comment text,
    definition text,                        -- of a view: its query
    properties text not null default '{}',
    delta_version integer,                  -- the version of the Delta log that columns were read at
    clustering_columns text not null default '[]',
    is_auto_clustered integer not null default 0,
    created text not null,
    last_altered text not null,
    primary key (schema_name, name)
);

create table if not exists column_record (
    schema_name text not null,
    relation_name text not null,
    name text not null,
    position integer not null,
    type text not null,                     -- Spark's JSON of the type
    data_type text not null,
    full_data_type text not null,
    numeric_precision integer,
    numeric_scale integer,
    is_nullable integer not null,
    column_default text,
    partition_position integer,
    comment text,                           -- as the table or view itself says
    generation text,                        -- GENERATED … as a CREATE words it
    primary key (schema_name, relation_name, name)
);

create table if not exists comment_record (     -- COMMENT ON COLUMN: overrides the column's own
    schema_name text not null,
    relation_name text not null,
    column_name text not null collate nocase,
    comment text,
    primary key (schema_name, relation_name, column_name)
);

create table if not exists tag_record (
    schema_name text not null,
    relation_name text not null,
    column_name text not null default '' collate nocase,    -- empty: the relation's own tag
    name text not null,
    value text not null,
    primary key (schema_name, relation_name, column_name, name)
);

create table if not exists namespace_tag_record (
    catalog_name text not null,
    schema_name text not null default '',   -- as clients say it; empty: the catalog's own tag
    name text not null,
    value text not null,
    primary key (catalog_name, schema_name, name)
);

create table if not exists key_record (
    schema_name text not null,
    relation_name text not null,
    name text not null collate nocase,
    type text not null,                     -- PRIMARY KEY, UNIQUE, FOREIGN KEY
    columns text not null,                  -- JSON list
    parent_schema text,
    parent_name text,
    parent_columns text,
    is_rely integer not null default 0,
    primary key (schema_name, relation_name, name)
);

create table if not exists row_filter_record (
    schema_name text not null,
    relation_name text not null,
    function_catalog text not null,
    function_schema text not null,
    function_name text not null,
    columns text not null,                  -- JSON list
    primary key (schema_name, relation_name)
);

create table if not exists column_mask_record (
    schema_name text not null,
    relation_name text not null,
    column_name text not null collate nocase,
    function_catalog text not null,
    function_schema text not null,
    function_name text not null,
    using_columns text not null,            -- as the statement words them
    primary key (schema_name, relation_name, column_name)
);

create table if not exists grant_record (
    kind text not null,                     -- CATALOG, SCHEMA, TABLE, FUNCTION, VOLUME
    schema_name text not null,              -- of a catalog: its name
    relation_name text not null default '',
    principal text not null,
    privilege text not null,
    primary key (kind, schema_name, relation_name, principal, privilege)
);

create table if not exists owner_record (
    kind text not null,                     -- as in grant_record
    schema_name text not null,
    relation_name text not null default '',
    owner text not null,
    primary key (kind, schema_name, relation_name)
);

create table if not exists materialized_view_record (
    schema_name text not null,
    name text not null,
    query text not null,
    select_list text not null,              -- what a refresh selects from the query: declared names and types
    current_schema text not null,           -- where names of one part in the query are looked up
    schedule text,                          -- null: refreshed by hand
    last_refreshed text,
    primary key (schema_name, name)
);

create table if not exists refresh_record (
    schema_name text not null,
    name text not null,
    started text not null,
    ended text not null,
    row_count integer,
    error text,
    is_canceled integer not null default 0
);

create table if not exists volume_record (
    schema_name text not null,
    name text not null,
    type text not null,                     -- MANAGED, EXTERNAL
    location text not null,
    comment text,
    created text not null,
    last_altered text not null,
    primary key (schema_name, name)
);

create table if not exists file_relation_record (
    text text primary key,                  -- what a view's query has in Spark
    written text not null,                  -- what it has for its clients: a call of read_files, a file's name
    entry text                              -- what Spark's catalog holds of that, to put it back after a restart
);

create table if not exists copied_file_record (     -- what COPY INTO has loaded and does not load again
    schema_name text not null,
    relation_name text not null,
    path text not null,
    copy text not null,                     -- the copy that loaded it, as its commit in the Delta log calls it
    is_committed integer not null default 0,
    primary key (schema_name, relation_name, path, copy)
);

create table if not exists function_record (
    schema_name text not null,
    name text not null,
    sql text not null,                      -- the CREATE FUNCTION, run again after a restart
    current_schema text not null,
    details text not null default '{}',     -- JSON: what routines and parameters show
    created text not null default '',
    primary key (schema_name, name)
);
