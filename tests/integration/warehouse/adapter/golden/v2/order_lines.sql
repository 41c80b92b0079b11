-- What the adapter sends for model.warehouse_check.order_lines.

-- run 1: 8 statements

create or replace temporary view `order_lines__dbt_tmp` as
select order_id, 1 as line, `spark_catalog`.`check_v2`.`doubled`(amount) as amount
from `spark_catalog`.`check_v2`.`orders`;

DESCRIBE TABLE EXTENDED `order_lines__dbt_tmp` AS JSON;

select * from (
select order_id, 1 as line, `spark_catalog`.`check_v2`.`doubled`(amount) as amount
from `spark_catalog`.`check_v2`.`orders`
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
AND table_schema = 'check_v2'
AND table_name = 'order_lines';

create or replace table `spark_catalog`.`check_v2`.`order_lines`
(
`order_id` string NOT NULL COMMENT 'Its order.' MASK hide,
`line` int NOT NULL,
`amount` decimal(14,2),
CONSTRAINT order_lines_pk PRIMARY KEY (order_id, line) RELY, CONSTRAINT order_lines_fk FOREIGN KEY (order_id) REFERENCES `spark_catalog`.`check_v2`.`orders` (order_id), CONSTRAINT line_is_positive check (line > 0)
)
using delta
CLUSTER BY AUTO
comment 'One row per line of an order.';

insert into `spark_catalog`.`check_v2`.`order_lines` by name select * from `order_lines__dbt_tmp`;

optimize `spark_catalog`.`check_v2`.`order_lines`;

-- run 2: 8 statements

create or replace temporary view `order_lines__dbt_tmp` as
select order_id, 1 as line, `spark_catalog`.`check_v2`.`doubled`(amount) as amount
from `spark_catalog`.`check_v2`.`orders`;

DESCRIBE TABLE EXTENDED `order_lines__dbt_tmp` AS JSON;

select * from (
select order_id, 1 as line, `spark_catalog`.`check_v2`.`doubled`(amount) as amount
from `spark_catalog`.`check_v2`.`orders`
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
AND table_schema = 'check_v2'
AND table_name = 'order_lines';

create or replace table `spark_catalog`.`check_v2`.`order_lines`
(
`order_id` string NOT NULL COMMENT 'Its order.' MASK hide,
`line` int NOT NULL,
`amount` decimal(14,2),
CONSTRAINT order_lines_pk PRIMARY KEY (order_id, line) RELY, CONSTRAINT order_lines_fk FOREIGN KEY (order_id) REFERENCES `spark_catalog`.`check_v2`.`orders` (order_id), CONSTRAINT line_is_positive check (line > 0)
)
using delta
CLUSTER BY AUTO
comment 'One row per line of an order.';

insert into `spark_catalog`.`check_v2`.`order_lines` by name select * from `order_lines__dbt_tmp`;

optimize `spark_catalog`.`check_v2`.`order_lines`;
