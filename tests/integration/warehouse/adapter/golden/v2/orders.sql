-- What the adapter sends for model.warehouse_check.orders.

-- run 1: 10 statements

create or replace temporary view `orders__dbt_tmp` as
select order_id, state, amount, updated_at
from `spark_catalog`.`check_v2`.`stg_orders`;

DESCRIBE TABLE EXTENDED `orders__dbt_tmp` AS JSON;

select * from (
select order_id, state, amount, updated_at
from `spark_catalog`.`check_v2`.`stg_orders`
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
AND table_schema = 'check_v2'
AND table_name = 'orders';

create or replace table `spark_catalog`.`check_v2`.`orders`
(
`order_id` string NOT NULL COMMENT 'It\'s the key.',
`state` string COMMENT 'Two letters.',
`amount` decimal(12,2) COMMENT 'US dollars.',
`updated_at` timestamp COMMENT 'Last change, UTC.',
CONSTRAINT orders_pk PRIMARY KEY (order_id)
)
using delta
CLUSTER BY (order_id)
comment 'One row per order.'
tblproperties ('delta.enableRowTracking' = 'true'
);

ALTER TABLE `spark_catalog`.`check_v2`.`orders` ADD CONSTRAINT amount_is_positive CHECK (amount > 0);

ALTER TABLE `spark_catalog`.`check_v2`.`orders` SET TAGS (
'layer' = 'silver'
);

insert into `spark_catalog`.`check_v2`.`orders` by name select * from `orders__dbt_tmp`;

optimize `spark_catalog`.`check_v2`.`orders`;

-- run 2: 11 statements

create or replace temporary view `orders__dbt_tmp` as
select order_id, state, amount, updated_at
from `spark_catalog`.`check_v2`.`stg_orders`
where updated_at > (select max(updated_at) from `spark_catalog`.`check_v2`.`orders`);

DESCRIBE TABLE EXTENDED `orders__dbt_tmp` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`orders` AS JSON;

SELECT tag_name, tag_value
FROM `system`.`information_schema`.`table_tags`
WHERE catalog_name = 'spark_catalog'
AND schema_name = 'check_v2'
AND table_name = 'orders';

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`orders` AS JSON;

SHOW TBLPROPERTIES `spark_catalog`.`check_v2`.`orders`;

describe extended `spark_catalog`.`check_v2`.`orders`;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`orders` AS JSON;

DESCRIBE TABLE EXTENDED `orders__dbt_tmp` AS JSON;

-- back compat for old kwarg name
merge
into
`spark_catalog`.`check_v2`.`orders` as DBT_INTERNAL_DEST
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

optimize `spark_catalog`.`check_v2`.`orders`;
