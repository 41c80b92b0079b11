-- What the adapter sends for model.warehouse_check.orders.

-- run 1: 14 statements

select * from (
select order_id, state, amount, updated_at
from `spark_catalog`.`check`.`stg_orders`
) as __dbt_sbq
where false
limit 0;

select * from (
select
cast(null as string)
as order_id,
cast(null as string)
as state,
cast(null as decimal(12,2))
as amount,
cast(null as timestamp)
as updated_at
) as __dbt_sbq
where false
limit 0;

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'orders';

create or replace table `spark_catalog`.`check`.`orders`
using delta
CLUSTER BY (order_id)
comment 'One row per order.'
tblproperties ('delta.enableRowTracking' = 'true'
)
as
select order_id, state, amount, updated_at
from (
select order_id, state, amount, updated_at
from `spark_catalog`.`check`.`stg_orders`
) as model_subq;

alter table `spark_catalog`.`check`.`orders` change column `order_id` set not null;

alter table `spark_catalog`.`check`.`orders` add constraint orders_pk primary key(`order_id`);

alter table `spark_catalog`.`check`.`orders` add constraint amount_is_positive check (amount > 0);

ALTER TABLE `spark_catalog`.`check`.`orders` SET TAGS (
'layer' = 'silver'
);

DESCRIBE TABLE EXTENDED `spark_catalog`.`check`.`orders` AS JSON;

COMMENT ON COLUMN `spark_catalog`.`check`.`orders`.`order_id` IS 'It\'s the key.';

COMMENT ON COLUMN `spark_catalog`.`check`.`orders`.`state` IS 'Two letters.';

COMMENT ON COLUMN `spark_catalog`.`check`.`orders`.`amount` IS 'US dollars.';

COMMENT ON COLUMN `spark_catalog`.`check`.`orders`.`updated_at` IS 'Last change, UTC.';

optimize `spark_catalog`.`check`.`orders`;

-- run 2: 17 statements

SELECT tag_name, tag_value
FROM `system`.`information_schema`.`table_tags`
WHERE catalog_name = 'spark_catalog'
AND schema_name = 'check'
AND table_name = 'orders';

SELECT column_name
FROM `spark_catalog`.`information_schema`.`columns`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'orders'
AND is_nullable = 'NO';

SELECT kcu.constraint_name, kcu.column_name
FROM `spark_catalog`.information_schema.key_column_usage kcu
WHERE kcu.table_catalog = 'spark_catalog'
AND kcu.table_schema = 'check'
AND kcu.table_name = 'orders'
AND kcu.constraint_name = (
SELECT constraint_name
FROM `spark_catalog`.information_schema.table_constraints
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'orders'
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
AND kcu.table_name = 'orders'
AND kcu.constraint_name IN (
SELECT constraint_name
FROM `spark_catalog`.information_schema.table_constraints
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'orders'
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
AND table_name = 'orders';

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'orders';

SHOW TBLPROPERTIES `spark_catalog`.`check`.`orders`;

describe extended `spark_catalog`.`check`.`orders`;

create or replace temporary view `orders__dbt_tmp` as
select order_id, state, amount, updated_at
from `spark_catalog`.`check`.`stg_orders`
where updated_at > (select max(updated_at) from `spark_catalog`.`check`.`orders`);

DESCRIBE TABLE EXTENDED `orders__dbt_tmp` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check`.`orders` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check`.`orders` AS JSON;

DESCRIBE TABLE EXTENDED `orders__dbt_tmp` AS JSON;

-- back compat for old kwarg name
merge
into
`spark_catalog`.`check`.`orders` as DBT_INTERNAL_DEST
using
`orders__dbt_tmp` as DBT_INTERNAL_SOURCE
on
DBT_INTERNAL_SOURCE.`order_id` <=> DBT_INTERNAL_DEST.`order_id`
when matched
and (DBT_INTERNAL_DEST.updated_at < DBT_INTERNAL_SOURCE.updated_at)
then update set
`order_id` = DBT_INTERNAL_SOURCE.`order_id`, `state` = DBT_INTERNAL_SOURCE.`state`, `amount` = DBT_INTERNAL_SOURCE.`amount`, `updated_at` = DBT_INTERNAL_SOURCE.`updated_at`
when not matched
then insert
(`order_id`, `state`, `amount`, `updated_at`) VALUES (DBT_INTERNAL_SOURCE.`order_id`, DBT_INTERNAL_SOURCE.`state`, DBT_INTERNAL_SOURCE.`amount`, DBT_INTERNAL_SOURCE.`updated_at`);

COMMENT ON TABLE `spark_catalog`.`check`.`orders` IS 'One row per order.';

DESCRIBE TABLE EXTENDED `spark_catalog`.`check`.`orders` AS JSON;

optimize `spark_catalog`.`check`.`orders`;
