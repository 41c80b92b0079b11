-- What the adapter sends for model.warehouse_check.regions_sold.

-- run 1: 7 statements

create or replace temporary view `regions_sold__dbt_tmp` as
select
regions.code,
regions.name,
coalesce(sum(orders.amount), 0) as amount
from `spark_catalog`.`check_v2_reference`.`regions` as regions
left join `spark_catalog`.`check_v2`.`orders` as orders on regions.code = orders.state
group by regions.code, regions.name;

DESCRIBE TABLE EXTENDED `regions_sold__dbt_tmp` AS JSON;

select * from (
select
regions.code,
regions.name,
coalesce(sum(orders.amount), 0) as amount
from `spark_catalog`.`check_v2_reference`.`regions` as regions
left join `spark_catalog`.`check_v2`.`orders` as orders on regions.code = orders.state
group by regions.code, regions.name
) as __dbt_sbq
where false
limit 0;

select * from (
select
cast(null as string)
as code,
cast(null as string)
as name,
cast(null as decimal(22,2))
as amount
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
AND table_name = 'regions_sold';

create or replace table `spark_catalog`.`check_v2`.`regions_sold`
(
`code` string NOT NULL,
`name` string,
`amount` decimal(22,2)
)
using delta
comment 'One row per region.';

insert into `spark_catalog`.`check_v2`.`regions_sold` by name select * from `regions_sold__dbt_tmp`;

-- run 2: 7 statements

create or replace temporary view `regions_sold__dbt_tmp` as
select
regions.code,
regions.name,
coalesce(sum(orders.amount), 0) as amount
from `spark_catalog`.`check_v2_reference`.`regions` as regions
left join `spark_catalog`.`check_v2`.`orders` as orders on regions.code = orders.state
group by regions.code, regions.name;

DESCRIBE TABLE EXTENDED `regions_sold__dbt_tmp` AS JSON;

select * from (
select
regions.code,
regions.name,
coalesce(sum(orders.amount), 0) as amount
from `spark_catalog`.`check_v2_reference`.`regions` as regions
left join `spark_catalog`.`check_v2`.`orders` as orders on regions.code = orders.state
group by regions.code, regions.name
) as __dbt_sbq
where false
limit 0;

select * from (
select
cast(null as string)
as code,
cast(null as string)
as name,
cast(null as decimal(22,2))
as amount
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
AND table_name = 'regions_sold';

create or replace table `spark_catalog`.`check_v2`.`regions_sold`
(
`code` string NOT NULL,
`name` string,
`amount` decimal(22,2)
)
using delta
comment 'One row per region.';

insert into `spark_catalog`.`check_v2`.`regions_sold` by name select * from `regions_sold__dbt_tmp`;
