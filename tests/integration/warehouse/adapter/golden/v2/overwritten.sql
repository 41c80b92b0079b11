-- What the adapter sends for model.warehouse_check.overwritten.

-- run 1: 5 statements

create or replace temporary view `overwritten__dbt_tmp` as
select order_id, amount, state from `spark_catalog`.`check_v2`.`stg_orders`;

DESCRIBE TABLE EXTENDED `overwritten__dbt_tmp` AS JSON;

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check_v2'
AND table_name = 'overwritten';

create or replace table `spark_catalog`.`check_v2`.`overwritten`
(
`order_id` string COMMENT 'Business key.',
`amount` decimal(12, 2),
`state` string
)
using delta
partitioned by (state);

insert into `spark_catalog`.`check_v2`.`overwritten` by name select * from `overwritten__dbt_tmp`;

-- run 2: 7 statements

create or replace temporary view `overwritten__dbt_tmp` as
select order_id, amount, state from `spark_catalog`.`check_v2`.`stg_orders`;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`overwritten` AS JSON;

SHOW TBLPROPERTIES `spark_catalog`.`check_v2`.`overwritten`;

describe extended `spark_catalog`.`check_v2`.`overwritten`;

DESCRIBE TABLE EXTENDED `overwritten__dbt_tmp` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`overwritten` AS JSON;

insert into table `spark_catalog`.`check_v2`.`overwritten` AS t
replace on (t.`state` <=> s.`state`)
(select `order_id`, `amount`, `state` from `overwritten__dbt_tmp`) AS s;
