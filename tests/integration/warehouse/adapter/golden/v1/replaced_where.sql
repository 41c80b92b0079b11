-- What the adapter sends for model.warehouse_check.replaced_where.

-- run 1: 2 statements

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'replaced_where';

create or replace table `spark_catalog`.`check`.`replaced_where`
using delta
as
select order_id, amount, state from `spark_catalog`.`check`.`stg_orders`;

-- run 2: 9 statements

SELECT column_name
FROM `spark_catalog`.`information_schema`.`columns`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'replaced_where'
AND is_nullable = 'NO';

SELECT kcu.constraint_name, kcu.column_name
FROM `spark_catalog`.information_schema.key_column_usage kcu
WHERE kcu.table_catalog = 'spark_catalog'
AND kcu.table_schema = 'check'
AND kcu.table_name = 'replaced_where'
AND kcu.constraint_name = (
SELECT constraint_name
FROM `spark_catalog`.information_schema.table_constraints
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'replaced_where'
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
AND kcu.table_name = 'replaced_where'
AND kcu.constraint_name IN (
SELECT constraint_name
FROM `spark_catalog`.information_schema.table_constraints
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'replaced_where'
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
AND table_name = 'replaced_where';

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'replaced_where';

SHOW TBLPROPERTIES `spark_catalog`.`check`.`replaced_where`;

describe extended `spark_catalog`.`check`.`replaced_where`;

create or replace temporary view `replaced_where__dbt_tmp` as
select order_id, amount, state from `spark_catalog`.`check`.`stg_orders`
where state = 'CA';

INSERT INTO `spark_catalog`.`check`.`replaced_where` BY NAME
REPLACE WHERE state = 'CA'
TABLE `replaced_where__dbt_tmp`;
