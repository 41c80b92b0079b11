-- What the adapter sends for model.warehouse_check.by_day.

-- run 1: 11 statements

create or replace temporary view `by_day__dbt_tmp_<batch>` as
select id, n, landed_at from (select * from `spark_catalog`.`landing`.`events` where landed_at >= '<time>' and landed_at < '<time>');

DESCRIBE TABLE EXTENDED `by_day__dbt_tmp_<batch>` AS JSON;

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check_v2'
AND table_name = 'by_day';

create or replace table `spark_catalog`.`check_v2`.`by_day`
(
`id` int,
`n` string,
`landed_at` timestamp
)
using delta;

insert into `spark_catalog`.`check_v2`.`by_day` by name select * from `by_day__dbt_tmp_<batch>`;

describe extended `spark_catalog`.`check_v2`.`by_day`;

create or replace temporary view `by_day__dbt_tmp_<batch>` as
select id, n, landed_at from (select * from `spark_catalog`.`landing`.`events` where landed_at >= '<time>' and landed_at < '<time>');

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`by_day` AS JSON;

SHOW TBLPROPERTIES `spark_catalog`.`check_v2`.`by_day`;

describe extended `spark_catalog`.`check_v2`.`by_day`;

INSERT INTO `spark_catalog`.`check_v2`.`by_day` BY NAME
REPLACE WHERE cast(landed_at as TIMESTAMP) >= '<time>' and cast(landed_at as TIMESTAMP) < '<time>'
TABLE `by_day__dbt_tmp_<batch>`;

-- run 2: 5 statements

create or replace temporary view `by_day__dbt_tmp_<batch>` as
select id, n, landed_at from (select * from `spark_catalog`.`landing`.`events` where landed_at >= '<time>' and landed_at < '<time>');

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2`.`by_day` AS JSON;

SHOW TBLPROPERTIES `spark_catalog`.`check_v2`.`by_day`;

describe extended `spark_catalog`.`check_v2`.`by_day`;

INSERT INTO `spark_catalog`.`check_v2`.`by_day` BY NAME
REPLACE WHERE cast(landed_at as TIMESTAMP) >= '<time>' and cast(landed_at as TIMESTAMP) < '<time>'
TABLE `by_day__dbt_tmp_<batch>`;
