-- What the warehouse remembers of every schema and relation, and Unity Catalog's information schema over it.
-- Times are text, `YYYY-MM-DD HH:MM:SS.ffffff` in UTC: they compare with literals as timestamps do.

create table if not exists schema_record (
    name text primary key,
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

create table if not exists key_record (
    schema_name text not null,
    relation_name text not null,
    name text not null collate nocase,
    type text not null,                     -- PRIMARY KEY, FOREIGN KEY
    columns text not null,                  -- JSON list
    parent_schema text,
    parent_name text,
    parent_columns text,
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
    kind text not null,
    schema_name text not null,
    relation_name text not null default '',
    principal text not null,
    privilege text not null,
    primary key (kind, schema_name, relation_name, principal, privilege)
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
    error text
);

create table if not exists function_record (
    schema_name text not null,
    name text not null,
    sql text not null,                      -- the CREATE FUNCTION, run again after a restart
    current_schema text not null,
    primary key (schema_name, name)
);

create view if not exists schemata as
select
    'spark_catalog' as catalog_name,
    name as schema_name,
    'root' as schema_owner,
    nullif(comment, '') as comment,
    created,
    'root' as created_by,
    last_altered,
    'root' as last_altered_by
from schema_record;

create view if not exists tables as
select
    'spark_catalog' as table_catalog,
    schema_name as table_schema,
    name as table_name,
    type as table_type,
    case when type in ('MANAGED', 'EXTERNAL') then 'YES' else 'NO' end as is_insertable_into,
    'PRESERVE' as commit_action,
    'root' as table_owner,
    comment,
    created,
    'root' as created_by,
    last_altered,
    'root' as last_altered_by,
    case
        when type in ('VIEW', 'METRIC_VIEW') then 'UNKNOWN_DATA_SOURCE_FORMAT'
        else upper(provider)
    end as data_source_format,
    null as storage_sub_directory,
    location as storage_path
from relation_record;

create view if not exists columns as
select
    'spark_catalog' as table_catalog,
    c.schema_name as table_schema,
    c.relation_name as table_name,
    c.name as column_name,
    c.position as ordinal_position,
    c.column_default,
    case when c.is_nullable then 'YES' else 'NO' end as is_nullable,
    c.full_data_type,
    c.data_type,
    case when c.data_type = 'STRING' then 0 end as character_maximum_length,
    case when c.data_type = 'STRING' then 0 end as character_octet_length,
    c.numeric_precision,
    case when c.data_type in ('FLOAT', 'DOUBLE') then 2 when c.numeric_precision then 10 end
        as numeric_precision_radix,
    c.numeric_scale,
    case when c.data_type = 'DATE' then 0 when c.data_type like 'TIMESTAMP%' then 6 end as datetime_precision,
    null as interval_type,
    null as interval_precision,
    null as maximum_cardinality,
    'NO' as is_identity,
    null as identity_generation,
    null as identity_start,
    null as identity_increment,
    null as identity_maximum,
    null as identity_minimum,
    null as identity_cycle,
    'NEVER' as is_generated,
    null as generation_expression,
    'NO' as is_system_time_period_start,
    'NO' as is_system_time_period_end,
    null as system_time_period_timestamp_generation,
    'YES' as is_updatable,
    c.partition_position as partition_ordinal_position,
    case when o.column_name is null then c.comment else o.comment end as comment
from column_record as c
left join comment_record as o
    on o.schema_name = c.schema_name and o.relation_name = c.relation_name and o.column_name = c.name;

create view if not exists views as
select
    'spark_catalog' as table_catalog,
    schema_name as table_schema,
    name as table_name,
    definition as view_definition,
    'NONE' as check_option,
    'NO' as is_updatable,
    'NO' as is_insertable_into,
    case when type = 'MATERIALIZED_VIEW' then 'YES' else 'NO' end as is_materialized,
    null as sql_path
from relation_record
where type in ('VIEW', 'MATERIALIZED_VIEW', 'METRIC_VIEW');

create view if not exists table_tags as
select
    'spark_catalog' as catalog_name,
    schema_name,
    relation_name as table_name,
    name as tag_name,
    value as tag_value
from tag_record
where column_name = '';

create view if not exists column_tags as
select
    'spark_catalog' as catalog_name,
    schema_name,
    relation_name as table_name,
    column_name,
    name as tag_name,
    value as tag_value
from tag_record
where column_name <> '';

create view if not exists table_constraints as
select
    'spark_catalog' as constraint_catalog,
    schema_name as constraint_schema,
    name as constraint_name,
    'spark_catalog' as table_catalog,
    schema_name as table_schema,
    relation_name as table_name,
    type as constraint_type,
    'NO' as is_deferrable,
    'NO' as initially_deferred,
    'NO' as enforced,
    null as comment
from key_record;

create view if not exists key_column_usage as
select
    'spark_catalog' as constraint_catalog,
    k.schema_name as constraint_schema,
    k.name as constraint_name,
    'spark_catalog' as table_catalog,
    k.schema_name as table_schema,
    k.relation_name as table_name,
    c.value as column_name,
    c.key + 1 as ordinal_position,
    case when k.type = 'FOREIGN KEY' then c.key + 1 end as position_in_unique_constraint
from key_record as k, json_each(k.columns) as c;

create view if not exists referential_constraints as
select
    'spark_catalog' as constraint_catalog,
    f.schema_name as constraint_schema,
    f.name as constraint_name,
    'spark_catalog' as unique_constraint_catalog,
    p.schema_name as unique_constraint_schema,
    p.name as unique_constraint_name,
    'FULL' as match_option,
    'NO ACTION' as update_rule,
    'NO ACTION' as delete_rule
from key_record as f
inner join key_record as p
    on p.schema_name = f.parent_schema and p.relation_name = f.parent_name and p.type = 'PRIMARY KEY'
where f.type = 'FOREIGN KEY';

create view if not exists constraint_table_usage as
select
    constraint_catalog,
    constraint_schema,
    constraint_name,
    table_catalog,
    table_schema,
    table_name
from table_constraints;

create view if not exists constraint_column_usage as
select
    table_catalog,
    table_schema,
    table_name,
    column_name,
    constraint_catalog,
    constraint_schema,
    constraint_name
from key_column_usage;

create view if not exists table_privileges as
select
    null as grantor,
    principal as grantee,
    'spark_catalog' as table_catalog,
    schema_name as table_schema,
    relation_name as table_name,
    privilege as privilege_type,
    'NO' as is_grantable,
    'NONE' as inherited_from
from grant_record
where relation_name <> '';

-- Recorded, never applied: queries see every row and value.
drop view if exists row_filters;
create view row_filters as
select
    'spark_catalog' as table_catalog,
    schema_name as table_schema,
    relation_name as table_name,
    function_catalog as filter_catalog,
    function_schema as filter_schema,
    function_catalog || '.' || function_schema || '.' || function_name as filter_name,
    (select group_concat(value, ',') from json_each(columns)) as filter_col_usage,
    (select group_concat(value, ',') from json_each(columns)) as target_columns
from row_filter_record;

drop view if exists column_masks;
create view column_masks as
select
    'spark_catalog' as table_catalog,
    schema_name as table_schema,
    relation_name as table_name,
    column_name,
    function_catalog as mask_catalog,
    function_schema as mask_schema,
    function_catalog || '.' || function_schema || '.' || function_name as mask_name,
    nullif(using_columns, '') as mask_col_usage,
    nullif(using_columns, '') as using_columns
from column_mask_record;

create view if not exists routines as
select
    'spark_catalog' as specific_catalog,
    schema_name as specific_schema,
    name as specific_name,
    'spark_catalog' as routine_catalog,
    schema_name as routine_schema,
    name as routine_name,
    'FUNCTION' as routine_type,
    sql as routine_definition
from function_record;

create view if not exists catalogs as
select
    'spark_catalog' as catalog_name,
    'root' as catalog_owner,
    null as comment,
    min(created) as created,
    'root' as created_by,
    max(last_altered) as last_altered,
    'root' as last_altered_by
from schema_record;
