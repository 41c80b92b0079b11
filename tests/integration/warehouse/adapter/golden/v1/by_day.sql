-- What the adapter sends for model.warehouse_check.by_day.

-- run 1: 12 statements

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'by_day';

create or replace table `spark_catalog`.`check`.`by_day`
using delta
as
select id, n, landed_at from (select * from `spark_catalog`.`landing`.`events` where landed_at >= '<time>' and landed_at < '<time>');

describe extended `spark_catalog`.`check`.`by_day`;

SELECT column_name
FROM `spark_catalog`.`information_schema`.`columns`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'by_day'
AND is_nullable = 'NO';

SELECT kcu.constraint_name, kcu.column_name
FROM `spark_catalog`.information_schema.key_column_usage kcu
WHERE kcu.table_catalog = 'spark_catalog'
AND kcu.table_schema = 'check'
AND kcu.table_name = 'by_day'
AND kcu.constraint_name = (
SELECT constraint_name
FROM `spark_catalog`.information_schema.table_constraints
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'by_day'
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
AND kcu.table_name = 'by_day'
AND kcu.constraint_name IN (
SELECT constraint_name
FROM `spark_catalog`.information_schema.table_constraints
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'by_day'
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
AND table_name = 'by_day';

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'by_day';

SHOW TBLPROPERTIES `spark_catalog`.`check`.`by_day`;

describe extended `spark_catalog`.`check`.`by_day`;

create or replace temporary view `by_day__dbt_tmp_<batch>` as
select id, n, landed_at from (select * from `spark_catalog`.`landing`.`events` where landed_at >= '<time>' and landed_at < '<time>');

INSERT INTO `spark_catalog`.`check`.`by_day` BY NAME
REPLACE WHERE cast(landed_at as TIMESTAMP) >= '<time>' and cast(landed_at as TIMESTAMP) < '<time>'
TABLE `by_day__dbt_tmp_<batch>`;

-- run 2: 9 statements

SELECT column_name
FROM `spark_catalog`.`information_schema`.`columns`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'by_day'
AND is_nullable = 'NO';

SELECT kcu.constraint_name, kcu.column_name
FROM `spark_catalog`.information_schema.key_column_usage kcu
WHERE kcu.table_catalog = 'spark_catalog'
AND kcu.table_schema = 'check'
AND kcu.table_name = 'by_day'
AND kcu.constraint_name = (
SELECT constraint_name
FROM `spark_catalog`.information_schema.table_constraints
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'by_day'
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
AND kcu.table_name = 'by_day'
AND kcu.constraint_name IN (
SELECT constraint_name
FROM `spark_catalog`.information_schema.table_constraints
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'by_day'
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
AND table_name = 'by_day';

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'by_day';

SHOW TBLPROPERTIES `spark_catalog`.`check`.`by_day`;

describe extended `spark_catalog`.`check`.`by_day`;

create or replace temporary view `by_day__dbt_tmp_<batch>` as
select id, n, landed_at from (select * from `spark_catalog`.`landing`.`events` where landed_at >= '<time>' and landed_at < '<time>');

INSERT INTO `spark_catalog`.`check`.`by_day` BY NAME
REPLACE WHERE cast(landed_at as TIMESTAMP) >= '<time>' and cast(landed_at as TIMESTAMP) < '<time>'
TABLE `by_day__dbt_tmp_<batch>`;
