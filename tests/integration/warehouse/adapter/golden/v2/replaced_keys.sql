-- What the adapter sends for model.warehouse_check.replaced_keys.

-- run 1: 5 statements

create or replace temporary view `replaced_keys__dbt_tmp` as
select order_id, state, amount from `spark_catalog`.`check_v2`.`stg_orders`;

DESCRIBE TABLE EXTENDED `replaced_keys__dbt_tmp` AS JSON;

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check_v2'
AND table_name = 'replaced_keys';

create or replace table `spark_catalog`.`check_v2`.`replaced_keys`
(
`order_id` string COMMENT 'Business key.',
`state` string,
`amount` decimal(12, 2)
)
using delta;

insert into `spark_catalog`.`check_v2`.`replaced_keys` by name select * from `replaced_keys__dbt_tmp`;

-- run 2: 6 statements

create or replace temporary view `replaced_keys__dbt_tmp` as
select order_id, state, amount from `spark_catalog`.`check_v2`.`stg_orders`;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`replaced_keys` AS JSON;

SHOW TBLPROPERTIES `spark_catalog`.`check_v2`.`replaced_keys`;

describe extended `spark_catalog`.`check_v2`.`replaced_keys`;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`replaced_keys` AS JSON;

insert into table `spark_catalog`.`check_v2`.`replaced_keys` as target
replace on (target.`order_id` <=> temp.`order_id`)
(select `order_id`, `state`, `amount`
from `replaced_keys__dbt_tmp` ) as temp;
