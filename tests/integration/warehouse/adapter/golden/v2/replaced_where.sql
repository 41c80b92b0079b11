-- What the adapter sends for model.warehouse_check.replaced_where.

-- run 1: 5 statements

create or replace temporary view `replaced_where__dbt_tmp` as
select order_id, amount, state from `spark_catalog`.`check_v2`.`stg_orders`;

DESCRIBE TABLE EXTENDED `replaced_where__dbt_tmp` AS JSON;

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check_v2'
AND table_name = 'replaced_where';

create or replace table `spark_catalog`.`check_v2`.`replaced_where`
(
`order_id` string COMMENT 'Business key.',
`amount` decimal(12, 2),
`state` string
)
using delta;

insert into `spark_catalog`.`check_v2`.`replaced_where` by name select * from `replaced_where__dbt_tmp`;

-- run 2: 5 statements

create or replace temporary view `replaced_where__dbt_tmp` as
select order_id, amount, state from `spark_catalog`.`check_v2`.`stg_orders`
where state = 'CA';

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`replaced_where` AS JSON;

SHOW TBLPROPERTIES `spark_catalog`.`check_v2`.`replaced_where`;

describe extended `spark_catalog`.`check_v2`.`replaced_where`;

INSERT INTO `spark_catalog`.`check_v2`.`replaced_where` BY NAME
REPLACE WHERE state = 'CA'
TABLE `replaced_where__dbt_tmp`;
