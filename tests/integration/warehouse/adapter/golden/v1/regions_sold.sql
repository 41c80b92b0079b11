-- What the adapter sends for model.warehouse_check.regions_sold.

-- run 1: 6 statements

select * from (
select
regions.code,
regions.name,
coalesce(sum(orders.amount), 0) as amount
from `spark_catalog`.`check_reference`.`regions` as regions
left join `spark_catalog`.`check`.`orders` as orders on regions.code = orders.state
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
AND table_schema = 'check'
AND table_name = 'regions_sold';

create or replace table `spark_catalog`.`check`.`regions_sold`
using delta
comment 'One row per region.'
as
select code, name, amount
from (
select
regions.code,
regions.name,
coalesce(sum(orders.amount), 0) as amount
from `spark_catalog`.`check_reference`.`regions` as regions
left join `spark_catalog`.`check`.`orders` as orders on regions.code = orders.state
group by regions.code, regions.name
) as model_subq;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check`.`regions_sold` AS JSON;

alter table `spark_catalog`.`check`.`regions_sold` change column `code` set not null;

-- run 2: 6 statements

select * from (
select
regions.code,
regions.name,
coalesce(sum(orders.amount), 0) as amount
from `spark_catalog`.`check_reference`.`regions` as regions
left join `spark_catalog`.`check`.`orders` as orders on regions.code = orders.state
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
AND table_schema = 'check'
AND table_name = 'regions_sold';

create or replace table `spark_catalog`.`check`.`regions_sold`
using delta
comment 'One row per region.'
as
select code, name, amount
from (
select
regions.code,
regions.name,
coalesce(sum(orders.amount), 0) as amount
from `spark_catalog`.`check_reference`.`regions` as regions
left join `spark_catalog`.`check`.`orders` as orders on regions.code = orders.state
group by regions.code, regions.name
) as model_subq;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check`.`regions_sold` AS JSON;

alter table `spark_catalog`.`check`.`regions_sold` change column `code` set not null;
