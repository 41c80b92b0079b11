-- What the adapter sends for model.warehouse_check.synced.

-- run 1: 4 statements

select 'before `spark_catalog`.`check`.`synced`' as told;

create or replace table `spark_catalog`.`check`.`synced`
using delta
WITH ROW FILTER `spark_catalog`.`check`.`keep_all` ON (`state`)
tblproperties ('delta.columnMapping.mode' = 'name'
)
as
select order_id, state , amount
from `spark_catalog`.`check`.`stg_orders`;

grant select on `spark_catalog`.`check`.`synced` to `users`;

select 'after `spark_catalog`.`check`.`synced`' as told;

-- run 2: 16 statements

select 'before `spark_catalog`.`check`.`synced`' as told;

SELECT column_name
FROM `spark_catalog`.`information_schema`.`columns`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'synced'
AND is_nullable = 'NO';

SELECT kcu.constraint_name, kcu.column_name
FROM `spark_catalog`.information_schema.key_column_usage kcu
WHERE kcu.table_catalog = 'spark_catalog'
AND kcu.table_schema = 'check'
AND kcu.table_name = 'synced'
AND kcu.constraint_name = (
SELECT constraint_name
FROM `spark_catalog`.information_schema.table_constraints
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'synced'
AND constraint_type = 'PRIMARY KEY'
)
ORDER BY kcu.ordinal_position;

SELECT
kcu.constraint_name,
kcu.column_name AS from_column,
ukcu.table_catalog AS to_catalog,
ukcu.table_schema AS to_schema,
ukcu.table_name AS to_table,
ukcu.column_name AS to_column
FROM `spark_catalog`.information_schema.key_column_usage kcu
JOIN `spark_catalog`.information_schema.referential_constraints rc
ON kcu.constraint_catalog = rc.constraint_catalog
AND kcu.constraint_schema = rc.constraint_schema
AND kcu.constraint_name = rc.constraint_name
JOIN `spark_catalog`.information_schema.key_column_usage ukcu
ON rc.unique_constraint_catalog = ukcu.constraint_catalog
AND rc.unique_constraint_schema = ukcu.constraint_schema
AND rc.unique_constraint_name = ukcu.constraint_name
AND kcu.ordinal_position = ukcu.ordinal_position
WHERE kcu.table_catalog = 'spark_catalog'
AND kcu.table_schema = 'check'
AND kcu.table_name = 'synced'
AND kcu.constraint_name IN (
SELECT constraint_name
FROM `spark_catalog`.information_schema.table_constraints
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'synced'
AND constraint_type = 'FOREIGN KEY'
)
ORDER BY kcu.ordinal_position;

SELECT
column_name,
mask_name,
using_columns
FROM `system`.`information_schema`.`column_masks`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'synced';

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'synced';

SHOW TBLPROPERTIES `spark_catalog`.`check`.`synced`;

describe extended `spark_catalog`.`check`.`synced`;

create or replace temporary view `synced__dbt_tmp` as
select order_id, state , amount
from `spark_catalog`.`check`.`stg_orders`;

DESCRIBE TABLE EXTENDED `synced__dbt_tmp` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check`.`synced` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check`.`synced` AS JSON;

DESCRIBE TABLE EXTENDED `synced__dbt_tmp` AS JSON;

-- back compat for old kwarg name
merge
into
`spark_catalog`.`check`.`synced` as DBT_INTERNAL_DEST
using
`synced__dbt_tmp` as DBT_INTERNAL_SOURCE
on
DBT_INTERNAL_SOURCE.`order_id` <=> DBT_INTERNAL_DEST.`order_id`
when matched
then update set
`order_id` = DBT_INTERNAL_SOURCE.`order_id`, `state` = DBT_INTERNAL_SOURCE.`state`, `amount` = DBT_INTERNAL_SOURCE.`amount`
when not matched
then insert
(`order_id`, `state`, `amount`) VALUES (DBT_INTERNAL_SOURCE.`order_id`, DBT_INTERNAL_SOURCE.`state`, DBT_INTERNAL_SOURCE.`amount`);

show grants on `spark_catalog`.`check`.`synced`;

select 'after `spark_catalog`.`check`.`synced`' as told;
