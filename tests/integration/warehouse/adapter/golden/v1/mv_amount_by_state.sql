-- What the adapter sends for model.warehouse_check.mv_amount_by_state.

-- run 1: 4 statements

create or replace temporary view `mv_amount_by_state__dbt_tmp` as
select
state,
sum(amount) as amount,
count(*) as order_count
from `spark_catalog`.`check`.`orders`
group by state LIMIT 10;

DESCRIBE TABLE EXTENDED `mv_amount_by_state__dbt_tmp` AS JSON;

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'mv_amount_by_state';

create or replace materialized view `spark_catalog`.`check`.`mv_amount_by_state`
(
`state` string COMMENT 'Two letters.',
`amount` decimal(22, 2) COMMENT 'Sum of amounts.',
`order_count` bigint COMMENT 'Orders.'
)
COMMENT 'One row per state.'
as
select
state,
sum(amount) as amount,
count(*) as order_count
from `spark_catalog`.`check`.`orders`
group by state;

-- run 2: 5 statements

describe extended `spark_catalog`.`check`.`mv_amount_by_state`;

SELECT *
FROM `system`.`information_schema`.`views`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'mv_amount_by_state';

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'mv_amount_by_state';

SHOW TBLPROPERTIES `spark_catalog`.`check`.`mv_amount_by_state`;

refresh materialized view `spark_catalog`.`check`.`mv_amount_by_state`;
