-- What the adapter sends for model.warehouse_check.appended.

-- run 1: 5 statements

create or replace temporary view `appended__dbt_tmp` as
select order_id, amount
from `spark_catalog`.`check_v2`.`stg_orders`;

DESCRIBE TABLE EXTENDED `appended__dbt_tmp` AS JSON;

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check_v2'
AND table_name = 'appended';

create or replace table `spark_catalog`.`check_v2`.`appended`
(
`order_id` string COMMENT 'Business key.',
`amount` decimal(12, 2)
)
using delta;

insert into `spark_catalog`.`check_v2`.`appended` by name select * from `appended__dbt_tmp`;

-- run 2: 9 statements

create or replace temporary view `appended__dbt_tmp` as
select order_id, amount
from `spark_catalog`.`check_v2`.`stg_orders`
where order_id not in (select order_id from `spark_catalog`.`check_v2`.`appended`);

DESCRIBE TABLE EXTENDED `appended__dbt_tmp` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`appended` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`appended` AS JSON;

SHOW TBLPROPERTIES `spark_catalog`.`check_v2`.`appended`;

describe extended `spark_catalog`.`check_v2`.`appended`;

DESCRIBE TABLE EXTENDED `appended__dbt_tmp` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`appended` AS JSON;

insert into `spark_catalog`.`check_v2`.`appended` by name
select * from `appended__dbt_tmp`;
