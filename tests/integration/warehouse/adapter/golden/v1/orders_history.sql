-- What the adapter sends for snapshot.warehouse_check.orders_history.

-- run 1: 4 statements

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check_snapshots'
AND table_name = 'orders_history';

select * from (
select *,
md5(coalesce(cast(order_id as string ), '')
|| '|' || coalesce(cast(updated_at as string ), '')
) as dbt_scd_id,
updated_at as dbt_updated_at,
updated_at as dbt_valid_from,
coalesce(nullif(updated_at, updated_at), null)
as dbt_valid_to
from (
select * from `spark_catalog`.`check`.`stg_orders`
) sbq
) as __dbt_sbq
where false
limit 0;

select * from (
select
current_timestamp()
as dbt_snapshot_time
) as __dbt_sbq
where false
limit 0;

create or replace table `spark_catalog`.`check_snapshots`.`orders_history`
using delta
as
select *,
md5(coalesce(cast(order_id as string ), '')
|| '|' || coalesce(cast(updated_at as string ), '')
) as dbt_scd_id,
updated_at as dbt_updated_at,
updated_at as dbt_valid_from,
coalesce(nullif(updated_at, updated_at), null)
as dbt_valid_to
from (
select * from `spark_catalog`.`check`.`stg_orders`
) sbq;

-- run 2: 11 statements

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_snapshots`.`orders_history` AS JSON;

create or replace temporary view `orders_history__dbt_tmp` as
with snapshot_query as (
select * from `spark_catalog`.`check`.`stg_orders`
),
snapshotted_data as (
select *,
order_id as dbt_unique_key
from `spark_catalog`.`check_snapshots`.`orders_history`
where
dbt_valid_to is null
),
insertions_source_data as (
select *,
order_id as dbt_unique_key
,
updated_at as dbt_updated_at,
updated_at as dbt_valid_from,
coalesce(nullif(updated_at, updated_at), null)
as dbt_valid_to
,
md5(coalesce(cast(order_id as string ), '')
|| '|' || coalesce(cast(updated_at as string ), '')
) as dbt_scd_id
from snapshot_query
),
updates_source_data as (
select *,
order_id as dbt_unique_key
,
updated_at as dbt_updated_at,
updated_at as dbt_valid_from,
updated_at as dbt_valid_to
from snapshot_query
),
deletes_source_data as (
select *,
order_id as dbt_unique_key
from snapshot_query
),
insertions as (
select
'insert' as dbt_change_type,
source_data.*
from insertions_source_data as source_data
left outer join snapshotted_data
on
snapshotted_data.dbt_unique_key = source_data.dbt_unique_key
where
snapshotted_data.dbt_unique_key is null
or (
snapshotted_data.dbt_unique_key is not null
and (
(snapshotted_data.dbt_valid_from < source_data.updated_at)
)
)
),
updates as (
select
'update' as dbt_change_type,
source_data.*,
snapshotted_data.dbt_scd_id
from updates_source_data as source_data
join snapshotted_data
on
snapshotted_data.dbt_unique_key = source_data.dbt_unique_key
where (
(snapshotted_data.dbt_valid_from < source_data.updated_at)
)
)
,
deletes as (
select
'delete' as dbt_change_type,
source_data.*,
current_timestamp()
as dbt_valid_from,
current_timestamp()
as dbt_updated_at,
current_timestamp()
as dbt_valid_to,
snapshotted_data.dbt_scd_id
from snapshotted_data
left join deletes_source_data as source_data
on
snapshotted_data.dbt_unique_key = source_data.dbt_unique_key
where
source_data.dbt_unique_key is null
)
select * from insertions
union all
select * from updates
union all
select * from deletes;

DESCRIBE TABLE EXTENDED `orders_history__dbt_tmp` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_snapshots`.`orders_history` AS JSON;

DESCRIBE TABLE EXTENDED `orders_history__dbt_tmp` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_snapshots`.`orders_history` AS JSON;

DESCRIBE TABLE EXTENDED `orders_history__dbt_tmp` AS JSON;

select * from (
with snapshot_query as (
select * from `spark_catalog`.`check`.`stg_orders`
),
snapshotted_data as (
select *,
order_id as dbt_unique_key
from `spark_catalog`.`check_snapshots`.`orders_history`
where
dbt_valid_to is null
),
insertions_source_data as (
select *,
order_id as dbt_unique_key
,
updated_at as dbt_updated_at,
updated_at as dbt_valid_from,
coalesce(nullif(updated_at, updated_at), null)
as dbt_valid_to
,
md5(coalesce(cast(order_id as string ), '')
|| '|' || coalesce(cast(updated_at as string ), '')
) as dbt_scd_id
from snapshot_query
),
updates_source_data as (
select *,
order_id as dbt_unique_key
,
updated_at as dbt_updated_at,
updated_at as dbt_valid_from,
updated_at as dbt_valid_to
from snapshot_query
),
deletes_source_data as (
select *,
order_id as dbt_unique_key
from snapshot_query
),
insertions as (
select
'insert' as dbt_change_type,
source_data.*
from insertions_source_data as source_data
left outer join snapshotted_data
on
snapshotted_data.dbt_unique_key = source_data.dbt_unique_key
where
snapshotted_data.dbt_unique_key is null
or (
snapshotted_data.dbt_unique_key is not null
and (
(snapshotted_data.dbt_valid_from < source_data.updated_at)
)
)
),
updates as (
select
'update' as dbt_change_type,
source_data.*,
snapshotted_data.dbt_scd_id
from updates_source_data as source_data
join snapshotted_data
on
snapshotted_data.dbt_unique_key = source_data.dbt_unique_key
where (
(snapshotted_data.dbt_valid_from < source_data.updated_at)
)
)
,
deletes as (
select
'delete' as dbt_change_type,
source_data.*,
current_timestamp()
as dbt_valid_from,
current_timestamp()
as dbt_updated_at,
current_timestamp()
as dbt_valid_to,
snapshotted_data.dbt_scd_id
from snapshotted_data
left join deletes_source_data as source_data
on
snapshotted_data.dbt_unique_key = source_data.dbt_unique_key
where
source_data.dbt_unique_key is null
)
select * from insertions
union all
select * from updates
union all
select * from deletes
) as __dbt_sbq
where false
limit 0;

select * from (
select
current_timestamp()
as dbt_snapshot_time
) as __dbt_sbq
where false
limit 0;

merge into `spark_catalog`.`check_snapshots`.`orders_history` as DBT_INTERNAL_DEST
using `orders_history__dbt_tmp` as DBT_INTERNAL_SOURCE
on DBT_INTERNAL_SOURCE.`dbt_scd_id` = DBT_INTERNAL_DEST.`dbt_scd_id`
when matched
and DBT_INTERNAL_DEST.`dbt_valid_to` is null
and DBT_INTERNAL_SOURCE.`dbt_change_type` in ('update', 'delete')
then update
set `dbt_valid_to` = DBT_INTERNAL_SOURCE.`dbt_valid_to`
when not matched
and DBT_INTERNAL_SOURCE.`dbt_change_type` = 'insert'
then insert (`order_id`, `state`, `amount`, `updated_at`, `dbt_updated_at`, `dbt_valid_from`, `dbt_valid_to`, `dbt_scd_id`)
values (`order_id`, `state`, `amount`, `updated_at`, `dbt_updated_at`, `dbt_valid_from`, `dbt_valid_to`, `dbt_scd_id`);

DROP VIEW IF EXISTS `orders_history__dbt_tmp`;
