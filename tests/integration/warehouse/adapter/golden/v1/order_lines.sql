-- What the adapter sends for model.warehouse_check.order_lines.

-- run 1: 12 statements

select * from (
select order_id, 1 as line, `spark_catalog`.`check`.`doubled`(amount) as amount
from `spark_catalog`.`check`.`orders`
) as __dbt_sbq
where false
limit 0;

select * from (
select
cast(null as string)
as order_id,
cast(null as int)
as line,
cast(null as decimal(14,2))
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
AND table_name = 'order_lines';

create or replace table `spark_catalog`.`check`.`order_lines`
using delta
CLUSTER BY AUTO
comment 'One row per line of an order.'
as
select order_id, line, amount
from (
select order_id, 1 as line, `spark_catalog`.`check`.`doubled`(amount) as amount
from `spark_catalog`.`check`.`orders`
) as model_subq;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check`.`order_lines` AS JSON;

COMMENT ON COLUMN `spark_catalog`.`check`.`order_lines`.`order_id` IS 'Its order.';

alter table `spark_catalog`.`check`.`order_lines` change column `order_id` set not null;

alter table `spark_catalog`.`check`.`order_lines` change column `line` set not null;

alter table `spark_catalog`.`check`.`order_lines` add constraint order_lines_pk primary key(`order_id`, `line`) RELY;

alter table `spark_catalog`.`check`.`order_lines` add constraint order_lines_fk foreign key(`order_id`) references `spark_catalog`.`check`.`orders`(`order_id`);

alter table `spark_catalog`.`check`.`order_lines` add constraint line_is_positive check (line > 0);

optimize `spark_catalog`.`check`.`order_lines`;

-- run 2: 12 statements

select * from (
select order_id, 1 as line, `spark_catalog`.`check`.`doubled`(amount) as amount
from `spark_catalog`.`check`.`orders`
) as __dbt_sbq
where false
limit 0;

select * from (
select
cast(null as string)
as order_id,
cast(null as int)
as line,
cast(null as decimal(14,2))
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
AND table_name = 'order_lines';

create or replace table `spark_catalog`.`check`.`order_lines`
using delta
CLUSTER BY AUTO
comment 'One row per line of an order.'
as
select order_id, line, amount
from (
select order_id, 1 as line, `spark_catalog`.`check`.`doubled`(amount) as amount
from `spark_catalog`.`check`.`orders`
) as model_subq;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check`.`order_lines` AS JSON;

COMMENT ON COLUMN `spark_catalog`.`check`.`order_lines`.`order_id` IS 'Its order.';

alter table `spark_catalog`.`check`.`order_lines` change column `order_id` set not null;

alter table `spark_catalog`.`check`.`order_lines` change column `line` set not null;

alter table `spark_catalog`.`check`.`order_lines` add constraint order_lines_pk primary key(`order_id`, `line`) RELY;

alter table `spark_catalog`.`check`.`order_lines` add constraint order_lines_fk foreign key(`order_id`) references `spark_catalog`.`check`.`orders`(`order_id`);

alter table `spark_catalog`.`check`.`order_lines` add constraint line_is_positive check (line > 0);

optimize `spark_catalog`.`check`.`order_lines`;
