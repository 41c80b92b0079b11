-- What the adapter sends for model.warehouse_check.synced.

-- run 1: 7 statements

select 'before `spark_catalog`.`check_v2`.`synced`' as told;

create or replace temporary view `synced__dbt_tmp` as
select order_id, state , amount
from `spark_catalog`.`check_v2`.`stg_orders`;

DESCRIBE TABLE EXTENDED `synced__dbt_tmp` AS JSON;

create or replace table `spark_catalog`.`check_v2`.`synced`
(
`order_id` string COMMENT 'Business key.',
`state` string,
`amount` decimal(12, 2)
)
using delta
WITH ROW FILTER `spark_catalog`.`check_v2`.`keep_all` ON (`state`)
tblproperties ('delta.columnMapping.mode' = 'name'
);

insert into `spark_catalog`.`check_v2`.`synced` by name select * from `synced__dbt_tmp`;

grant select on `spark_catalog`.`check_v2`.`synced` to `users`;

select 'after `spark_catalog`.`check_v2`.`synced`' as told;

-- run 2: 12 statements

select 'before `spark_catalog`.`check_v2`.`synced`' as told;

create or replace temporary view `synced__dbt_tmp` as
select order_id, state , amount
from `spark_catalog`.`check_v2`.`stg_orders`;

DESCRIBE TABLE EXTENDED `synced__dbt_tmp` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`synced` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`synced` AS JSON;

SHOW TBLPROPERTIES `spark_catalog`.`check_v2`.`synced`;

describe extended `spark_catalog`.`check_v2`.`synced`;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`synced` AS JSON;

DESCRIBE TABLE EXTENDED `synced__dbt_tmp` AS JSON;

-- back compat for old kwarg name
merge
into
`spark_catalog`.`check_v2`.`synced` as DBT_INTERNAL_DEST
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

show grants on `spark_catalog`.`check_v2`.`synced`;

select 'after `spark_catalog`.`check_v2`.`synced`' as told;
