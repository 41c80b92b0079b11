-- Unity Catalog's information schema over the records. Its views hold no rows of their own: they are made anew
-- at every start. A relation's own schema_name is Spark's; schema_record knows how clients say it.

create view catalogs as
select
    name as catalog_name,
    coalesce(
        (select o.owner from owner_record as o where o.kind = 'CATALOG' and o.schema_name = c.name), 'root'
    ) as catalog_owner,
    comment,
    created,
    'root' as created_by,
    last_altered,
    'root' as last_altered_by
from catalog_record as c;

create view information_schema_catalog_name as
select name as catalog_name
from catalog_record;

create view schemata as
select
    catalog_name,
    schema_name,
    coalesce(
        (select o.owner from owner_record as o where o.kind = 'SCHEMA' and o.schema_name = s.name), 'root'
    ) as schema_owner,
    nullif(comment, '') as comment,
    created,
    'root' as created_by,
    last_altered,
    'root' as last_altered_by
from schema_record as s
union all
select
    name as catalog_name,
    'information_schema' as schema_name,
    'root' as schema_owner,
    'Auto-created' as comment,
    created,
    'root' as created_by,
    created as last_altered,
    'root' as last_altered_by
from catalog_record;

create view tables as
select
    s.catalog_name as table_catalog,
    s.schema_name as table_schema,
    r.name as table_name,
    r.type as table_type,
    case when r.type like 'MANAGED%' or r.type like 'EXTERNAL%' then 'YES' else 'NO' end as is_insertable_into,
    'PRESERVE' as commit_action,
    coalesce(
        (
            select o.owner
            from owner_record as o
            where o.kind = 'TABLE' and o.schema_name = r.schema_name and o.relation_name = r.name
        ),
        'root'
    ) as table_owner,
    r.comment,
    r.created,
    'root' as created_by,
    r.last_altered,
    'root' as last_altered_by,
    case
        when r.type in ('VIEW', 'METRIC_VIEW') then 'UNKNOWN_DATA_SOURCE_FORMAT'
        else upper(coalesce(json_extract(r.properties, '$."recorded.provider"'), r.provider))
    end as data_source_format,
    null as storage_sub_directory,
    r.location as storage_path
from relation_record as r
inner join schema_record as s on s.name = r.schema_name;

create view columns as
select
    s.catalog_name as table_catalog,
    s.schema_name as table_schema,
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
inner join schema_record as s on s.name = c.schema_name
left join comment_record as o
    on o.schema_name = c.schema_name and o.relation_name = c.relation_name and o.column_name = c.name;

create view views as
select
    s.catalog_name as table_catalog,
    s.schema_name as table_schema,
    r.name as table_name,
    r.definition as view_definition,
    'NONE' as check_option,
    'NO' as is_updatable,
    'NO' as is_insertable_into,
    case when r.type = 'MATERIALIZED_VIEW' then 'TRUE' else 'FALSE' end as is_materialized,
    null as sql_path
from relation_record as r
inner join schema_record as s on s.name = r.schema_name
where r.type in ('VIEW', 'MATERIALIZED_VIEW', 'METRIC_VIEW');

create view catalog_tags as
select
    catalog_name,
    name as tag_name,
    value as tag_value
from namespace_tag_record
where schema_name = '';

create view schema_tags as
select
    catalog_name,
    schema_name,
    name as tag_name,
    value as tag_value
from namespace_tag_record
where schema_name <> '';

create view table_tags as
select
    s.catalog_name,
    s.schema_name,
    t.relation_name as table_name,
    t.name as tag_name,
    t.value as tag_value
from tag_record as t
inner join schema_record as s on s.name = t.schema_name
where t.column_name = '';

create view column_tags as
select
    s.catalog_name,
    s.schema_name,
    t.relation_name as table_name,
    t.column_name,
    t.name as tag_name,
    t.value as tag_value
from tag_record as t
inner join schema_record as s on s.name = t.schema_name
where t.column_name <> '';

create view table_constraints as
select
    s.catalog_name as constraint_catalog,
    s.schema_name as constraint_schema,
    k.name as constraint_name,
    s.catalog_name as table_catalog,
    s.schema_name as table_schema,
    k.relation_name as table_name,
    k.type as constraint_type,
    'YES' as is_deferrable,
    'NO' as initially_deferred,
    'NO' as enforced,
    null as comment
from key_record as k
inner join schema_record as s on s.name = k.schema_name;

create view key_column_usage as
select
    s.catalog_name as constraint_catalog,
    s.schema_name as constraint_schema,
    k.name as constraint_name,
    s.catalog_name as table_catalog,
    s.schema_name as table_schema,
    k.relation_name as table_name,
    c.value as column_name,
    c.key + 1 as ordinal_position,
    case when k.type = 'FOREIGN KEY' then c.key + 1 end as position_in_unique_constraint
from key_record as k, json_each(k.columns) as c
inner join schema_record as s on s.name = k.schema_name;

create view referential_constraints as
select
    s.catalog_name as constraint_catalog,
    s.schema_name as constraint_schema,
    f.name as constraint_name,
    u.catalog_name as unique_constraint_catalog,
    u.schema_name as unique_constraint_schema,
    p.name as unique_constraint_name,
    'FULL' as match_option,
    'NO ACTION' as update_rule,
    'NO ACTION' as delete_rule
from key_record as f
inner join key_record as p
    on
        p.schema_name = f.parent_schema
        and p.relation_name = f.parent_name
        and p.name = (
            select o.name
            from key_record as o
            where
                o.schema_name = f.parent_schema
                and o.relation_name = f.parent_name
                and (
                    o.type = 'PRIMARY KEY'
                    or (o.type = 'UNIQUE' and lower(o.columns) = lower(f.parent_columns))
                )
            order by o.type desc
            limit 1
        )
inner join schema_record as s on s.name = f.schema_name
inner join schema_record as u on u.name = p.schema_name
where f.type = 'FOREIGN KEY';

create view constraint_table_usage as
select
    constraint_catalog,
    constraint_schema,
    constraint_name,
    table_catalog,
    table_schema,
    table_name
from table_constraints;

create view constraint_column_usage as
select
    table_catalog,
    table_schema,
    table_name,
    column_name,
    constraint_catalog,
    constraint_schema,
    constraint_name
from key_column_usage;

-- Reserved for future use on Databricks: a table's CHECK constraints are among its properties.
create view check_constraints as
select
    null as constraint_catalog,
    null as constraint_schema,
    null as constraint_name,
    null as check_clause,
    null as sql_path
where false;

create view catalog_privileges as
select
    'root' as grantor,
    principal as grantee,
    schema_name as catalog_name,
    privilege as privilege_type,
    'NO' as is_grantable,
    'NONE' as inherited_from
from grant_record
where kind = 'CATALOG';

create view schema_privileges as
select
    'root' as grantor,
    g.principal as grantee,
    s.catalog_name,
    s.schema_name,
    g.privilege as privilege_type,
    'NO' as is_grantable,
    'NONE' as inherited_from
from grant_record as g
inner join schema_record as s on s.name = g.schema_name
where g.kind = 'SCHEMA';

create view table_privileges as
select
    'root' as grantor,
    g.principal as grantee,
    s.catalog_name as table_catalog,
    s.schema_name as table_schema,
    g.relation_name as table_name,
    g.privilege as privilege_type,
    'NO' as is_grantable,
    'NONE' as inherited_from
from grant_record as g
inner join schema_record as s on s.name = g.schema_name
where g.kind = 'TABLE';

create view routine_privileges as
select
    'root' as grantor,
    g.principal as grantee,
    s.catalog_name as specific_catalog,
    s.schema_name as specific_schema,
    g.relation_name as specific_name,
    s.catalog_name as routine_catalog,
    s.schema_name as routine_schema,
    g.relation_name as routine_name,
    g.privilege as privilege_type,
    'NO' as is_grantable,
    'NONE' as inherited_from
from grant_record as g
inner join schema_record as s on s.name = g.schema_name
where g.kind = 'FUNCTION';

-- Recorded, never applied: queries see every row and value.
create view row_filters as
select
    s.catalog_name as table_catalog,
    s.schema_name as table_schema,
    f.relation_name as table_name,
    f.function_catalog as filter_catalog,
    f.function_schema as filter_schema,
    f.function_catalog || '.' || f.function_schema || '.' || f.function_name as filter_name,
    (select group_concat(c.value, ',') from json_each(f.columns) as c) as filter_col_usage,
    (select group_concat(c.value, ',') from json_each(f.columns) as c) as target_columns
from row_filter_record as f
inner join schema_record as s on s.name = f.schema_name;

create view column_masks as
select
    s.catalog_name as table_catalog,
    s.schema_name as table_schema,
    m.relation_name as table_name,
    m.column_name,
    m.function_catalog as mask_catalog,
    m.function_schema as mask_schema,
    m.function_catalog || '.' || m.function_schema || '.' || m.function_name as mask_name,
    nullif(m.using_columns, '') as mask_col_usage,
    nullif(m.using_columns, '') as using_columns
from column_mask_record as m
inner join schema_record as s on s.name = m.schema_name;

create view routines as
select
    s.catalog_name as specific_catalog,
    s.schema_name as specific_schema,
    f.name as specific_name,
    s.catalog_name as routine_catalog,
    s.schema_name as routine_schema,
    f.name as routine_name,
    'FUNCTION' as routine_type,
    json_extract(f.details, '$.data_type') as data_type,
    json_extract(f.details, '$.full_data_type') as full_data_type,
    null as character_maximum_length,
    null as character_octet_length,
    json_extract(f.details, '$.numeric_precision') as numeric_precision,
    null as numeric_precision_radix,
    json_extract(f.details, '$.numeric_scale') as numeric_scale,
    null as datetime_precision,
    null as interval_type,
    null as interval_precision,
    null as maximum_cardinality,
    coalesce(json_extract(f.details, '$.body'), 'SQL') as routine_body,
    json_extract(f.details, '$.definition') as routine_definition,
    null as external_name,
    json_extract(f.details, '$.language') as external_language,
    'SQL' as parameter_style,
    coalesce(json_extract(f.details, '$.is_deterministic'), 'YES') as is_deterministic,
    coalesce(json_extract(f.details, '$.sql_data_access'), 'CONTAINS_SQL') as sql_data_access,
    'YES' as is_null_call,
    null as sql_path,
    'DEFINER' as security_type,
    'NO' as as_locator,
    json_extract(f.details, '$.comment') as comment,
    f.created,
    'root' as created_by,
    f.created as last_altered,
    'root' as last_altered_by
from function_record as f
inner join schema_record as s on s.name = f.schema_name;

create view volumes as
select
    s.catalog_name as volume_catalog,
    s.schema_name as volume_schema,
    v.name as volume_name,
    v.type as volume_type,
    coalesce(
        (
            select o.owner
            from owner_record as o
            where o.kind = 'VOLUME' and o.schema_name = v.schema_name and o.relation_name = v.name
        ),
        'root'
    ) as volume_owner,
    v.comment,
    v.created,
    'root' as created_by,
    v.last_altered,
    'root' as last_altered_by,
    v.location as storage_location
from volume_record as v
inner join schema_record as s on s.name = v.schema_name;

create view parameters as
select
    s.catalog_name as specific_catalog,
    s.schema_name as specific_schema,
    f.name as specific_name,
    p.key + 1 as ordinal_position,
    'IN' as parameter_mode,
    'NO' as is_result,
    'NO' as as_locator,
    json_extract(p.value, '$.name') as parameter_name,
    json_extract(p.value, '$.data_type') as data_type,
    json_extract(p.value, '$.full_data_type') as full_data_type,
    null as character_maximum_length,
    null as character_octet_length,
    json_extract(p.value, '$.numeric_precision') as numeric_precision,
    null as numeric_precision_radix,
    json_extract(p.value, '$.numeric_scale') as numeric_scale,
    null as datetime_precision,
    null as interval_type,
    null as interval_precision,
    null as maximum_cardinality,
    json_extract(p.value, '$.default') as parameter_default,
    json_extract(p.value, '$.comment') as comment
from function_record as f, json_each(f.details, '$.parameters') as p
inner join schema_record as s on s.name = f.schema_name;

create view routine_columns as
select
    s.catalog_name as specific_catalog,
    s.schema_name as specific_schema,
    f.name as specific_name,
    p.key + 1 as ordinal_position,
    json_extract(p.value, '$.name') as column_name,
    json_extract(p.value, '$.data_type') as data_type,
    json_extract(p.value, '$.full_data_type') as full_data_type,
    null as character_maximum_length,
    null as character_octet_length,
    json_extract(p.value, '$.numeric_precision') as numeric_precision,
    null as numeric_precision_radix,
    json_extract(p.value, '$.numeric_scale') as numeric_scale,
    null as datetime_precision,
    null as interval_type,
    null as interval_precision,
    null as maximum_cardinality,
    json_extract(p.value, '$.comment') as comment
from function_record as f, json_each(f.details, '$.columns') as p
inner join schema_record as s on s.name = f.schema_name;
