-- What the adapter sends for model.warehouse_check.st_events.

-- run 1: 5 statements

create or replace temporary view `st_events__dbt_tmp` as
select id, upper(n) as n, landed_at from `spark_catalog`.`landing`.`events`;

DESCRIBE TABLE EXTENDED `st_events__dbt_tmp` AS JSON;

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'st_events';

CREATE STREAMING TABLE `spark_catalog`.`check`.`st_events`
(
`id` int COMMENT 'Its number.',
`n` string,
`landed_at` timestamp
)
COMMENT 'Events as they land.'
tblproperties ('team' = 'sales'
)
SCHEDULE CRON '0 0 1 * * ? *' AT TIME ZONE 'Etc/UTC'
AS select id, upper(n) as n, landed_at from stream `spark_catalog`.`landing`.`events`;

ALTER STREAMING TABLE `spark_catalog`.`check`.`st_events` SET TAGS (
'layer' = 'bronze'
);

-- run 2: 5 statements

describe extended `spark_catalog`.`check`.`st_events`;

SELECT tag_name, tag_value
FROM `system`.`information_schema`.`table_tags`
WHERE catalog_name = 'spark_catalog'
AND schema_name = 'check'
AND table_name = 'st_events';

SHOW TBLPROPERTIES `spark_catalog`.`check`.`st_events`;

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check'
AND table_name = 'st_events';

refresh streaming table `spark_catalog`.`check`.`st_events`;
