-- What the adapter sends for snapshot.warehouse_check.orders_checked.

-- run 1: 4 statements

SELECT
table_catalog,
table_schema,
table_name,
filter_name,
target_columns
FROM `spark_catalog`.`information_schema`.`row_filters`
WHERE table_catalog = 'spark_catalog'
AND table_schema = 'check_v2_snapshots'
AND table_name = 'orders_checked';

select * from (
select *,
md5(coalesce(cast(order_id as string ), '')
|| '|' || coalesce(cast(
current_timestamp()
as string ), '')
) as dbt_scd_id,
current_timestamp()
as dbt_updated_at,
current_timestamp()
as dbt_valid_from,
coalesce(nullif(
current_timestamp()
,
current_timestamp()
), null)
as dbt_valid_to
, false as dbt_is_deleted
from (
select * from `spark_catalog`.`check_v2`.`stg_orders`
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

create or replace table `spark_catalog`.`check_v2_snapshots`.`orders_checked`
using delta
as
select *,
md5(coalesce(cast(order_id as string ), '')
|| '|' || coalesce(cast(
current_timestamp()
as string ), '')
) as dbt_scd_id,
current_timestamp()
as dbt_updated_at,
current_timestamp()
as dbt_valid_from,
coalesce(nullif(
current_timestamp()
,
current_timestamp()
), null)
as dbt_valid_to
, false as dbt_is_deleted
from (
select * from `spark_catalog`.`check_v2`.`stg_orders`
) sbq;

-- run 2: 18 statements

select * from (
select state, amount from (
select * from `spark_catalog`.`check_v2`.`stg_orders`
) subq
) as __dbt_sbq
where false
limit 0;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2_snapshots`.`orders_checked` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2_snapshots`.`orders_checked` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2_snapshots`.`orders_checked` AS JSON;

describe extended `spark_catalog`.`check_v2_snapshots`.`orders_checked`;

select * from (
select * from `spark_catalog`.`check_v2`.`stg_orders`
) as __dbt_sbq
where false
limit 0;

describe extended `spark_catalog`.`check_v2_snapshots`.`orders_checked`;

select * from (
select * from `spark_catalog`.`check_v2`.`stg_orders`
) as __dbt_sbq
where false
limit 0;

create or replace temporary view `orders_checked__dbt_tmp` as
with snapshot_query as (
select * from `spark_catalog`.`check_v2`.`stg_orders`
),
snapshotted_data as (
select *,
order_id as dbt_unique_key
from `spark_catalog`.`check_v2_snapshots`.`orders_checked`
where
dbt_valid_to is null
),
insertions_source_data as (
select *,
order_id as dbt_unique_key
,
current_timestamp()
as dbt_updated_at,
current_timestamp()
as dbt_valid_from,
coalesce(nullif(
current_timestamp()
,
current_timestamp()
), null)
as dbt_valid_to
,
md5(coalesce(cast(order_id as string ), '')
|| '|' || coalesce(cast(
current_timestamp()
as string ), '')
) as dbt_scd_id
from snapshot_query
),
updates_source_data as (
select *,
order_id as dbt_unique_key
,
current_timestamp()
as dbt_updated_at,
current_timestamp()
as dbt_valid_from,
current_timestamp()
as dbt_valid_to
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
source_data.*, false as dbt_is_deleted
from insertions_source_data as source_data
left outer join snapshotted_data
on
snapshotted_data.dbt_unique_key = source_data.dbt_unique_key
where
snapshotted_data.dbt_unique_key is null
or (
snapshotted_data.dbt_unique_key is not null
and (
(snapshotted_data.`state` != source_data.`state`
or
(
((snapshotted_data.`state` is null) and not (source_data.`state` is null))
or
((not snapshotted_data.`state` is null) and (source_data.`state` is null))
) or snapshotted_data.`amount` != source_data.`amount`
or
(
((snapshotted_data.`amount` is null) and not (source_data.`amount` is null))
or
((not snapshotted_data.`amount` is null) and (source_data.`amount` is null))
))or snapshotted_data.dbt_is_deleted = true
)
)
),
updates as (
select
'update' as dbt_change_type,
source_data.*,
snapshotted_data.dbt_scd_id, snapshotted_data.dbt_is_deleted
from updates_source_data as source_data
join snapshotted_data
on
snapshotted_data.dbt_unique_key = source_data.dbt_unique_key
where (
(snapshotted_data.`state` != source_data.`state`
or
(
((snapshotted_data.`state` is null) and not (source_data.`state` is null))
or
((not snapshotted_data.`state` is null) and (source_data.`state` is null))
) or snapshotted_data.`amount` != source_data.`amount`
or
(
((snapshotted_data.`amount` is null) and not (source_data.`amount` is null))
or
((not snapshotted_data.`amount` is null) and (source_data.`amount` is null))
))or snapshotted_data.dbt_is_deleted = true
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
snapshotted_data.dbt_scd_id, snapshotted_data.dbt_is_deleted
from snapshotted_data
left join deletes_source_data as source_data
on
snapshotted_data.dbt_unique_key = source_data.dbt_unique_key
where
source_data.dbt_unique_key is null
and not (
-- avoid updating the record's valid_to if the latest entry is marked as deleted
snapshotted_data.dbt_is_deleted = true
and
snapshotted_data.dbt_valid_to is null
)
)
,
deletion_records as (
select
'insert' as dbt_change_type,
snapshotted_data.`order_id`,snapshotted_data.`state`,snapshotted_data.`amount`,snapshotted_data.`updated_at`,snapshotted_data.dbt_unique_key as dbt_unique_key,
current_timestamp()
as dbt_valid_from,
current_timestamp()
as dbt_updated_at,
snapshotted_data.dbt_valid_to as dbt_valid_to,
md5(coalesce(cast(dbt_scd_id as string ), '')
|| '|' || coalesce(cast(
current_timestamp()
as string ), '')
) as dbt_scd_id,
true as dbt_is_deleted
from snapshotted_data
left join deletes_source_data as source_data
on
snapshotted_data.dbt_unique_key = source_data.dbt_unique_key
where
source_data.dbt_unique_key is null
and not (
-- avoid inserting a new record if the latest one is marked as deleted
snapshotted_data.dbt_is_deleted = true
and
snapshotted_data.dbt_valid_to is null
)
)
select * from insertions
union all
select * from updates
union all
select * from deletes
union all
select * from deletion_records;

DESCRIBE TABLE EXTENDED `orders_checked__dbt_tmp` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2_snapshots`.`orders_checked` AS JSON;

DESCRIBE TABLE EXTENDED `orders_checked__dbt_tmp` AS JSON;

DESCRIBE TABLE EXTENDED `spark_catalog`.`check_v2_snapshots`.`orders_checked` AS JSON;

DESCRIBE TABLE EXTENDED `orders_checked__dbt_tmp` AS JSON;

select * from (
with snapshot_query as (
select * from `spark_catalog`.`check_v2`.`stg_orders`
),
snapshotted_data as (
select *,
order_id as dbt_unique_key
from `spark_catalog`.`check_v2_snapshots`.`orders_checked`
where
dbt_valid_to is null
),
insertions_source_data as (
select *,
order_id as dbt_unique_key
,
current_timestamp()
as dbt_updated_at,
current_timestamp()
as dbt_valid_from,
coalesce(nullif(
current_timestamp()
,
current_timestamp()
), null)
as dbt_valid_to
,
md5(coalesce(cast(order_id as string ), '')
|| '|' || coalesce(cast(
current_timestamp()
as string ), '')
) as dbt_scd_id
from snapshot_query
),
updates_source_data as (
select *,
order_id as dbt_unique_key
,
current_timestamp()
as dbt_updated_at,
current_timestamp()
as dbt_valid_from,
current_timestamp()
as dbt_valid_to
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
source_data.*, false as dbt_is_deleted
from insertions_source_data as source_data
left outer join snapshotted_data
on
snapshotted_data.dbt_unique_key = source_data.dbt_unique_key
where
snapshotted_data.dbt_unique_key is null
or (
snapshotted_data.dbt_unique_key is not null
and (
(snapshotted_data.`state` != source_data.`state`
or
(
((snapshotted_data.`state` is null) and not (source_data.`state` is null))
or
((not snapshotted_data.`state` is null) and (source_data.`state` is null))
) or snapshotted_data.`amount` != source_data.`amount`
or
(
((snapshotted_data.`amount` is null) and not (source_data.`amount` is null))
or
((not snapshotted_data.`amount` is null) and (source_data.`amount` is null))
))or snapshotted_data.dbt_is_deleted = true
)
)
),
updates as (
select
'update' as dbt_change_type,
source_data.*,
snapshotted_data.dbt_scd_id, snapshotted_data.dbt_is_deleted
from updates_source_data as source_data
join snapshotted_data
on
snapshotted_data.dbt_unique_key = source_data.dbt_unique_key
where (
(snapshotted_data.`state` != source_data.`state`
or
(
((snapshotted_data.`state` is null) and not (source_data.`state` is null))
or
((not snapshotted_data.`state` is null) and (source_data.`state` is null))
) or snapshotted_data.`amount` != source_data.`amount`
or
(
((snapshotted_data.`amount` is null) and not (source_data.`amount` is null))
or
((not snapshotted_data.`amount` is null) and (source_data.`amount` is null))
))or snapshotted_data.dbt_is_deleted = true
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
snapshotted_data.dbt_scd_id, snapshotted_data.dbt_is_deleted
from snapshotted_data
left join deletes_source_data as source_data
on
snapshotted_data.dbt_unique_key = source_data.dbt_unique_key
where
source_data.dbt_unique_key is null
and not (
-- avoid updating the record's valid_to if the latest entry is marked as deleted
snapshotted_data.dbt_is_deleted = true
and
snapshotted_data.dbt_valid_to is null
)
)
,
deletion_records as (
select
'insert' as dbt_change_type,
snapshotted_data.`order_id`,snapshotted_data.`state`,snapshotted_data.`amount`,snapshotted_data.`updated_at`,snapshotted_data.dbt_unique_key as dbt_unique_key,
current_timestamp()
as dbt_valid_from,
current_timestamp()
as dbt_updated_at,
snapshotted_data.dbt_valid_to as dbt_valid_to,
md5(coalesce(cast(dbt_scd_id as string ), '')
|| '|' || coalesce(cast(
current_timestamp()
as string ), '')
) as dbt_scd_id,
true as dbt_is_deleted
from snapshotted_data
left join deletes_source_data as source_data
on
snapshotted_data.dbt_unique_key = source_data.dbt_unique_key
where
source_data.dbt_unique_key is null
and not (
-- avoid inserting a new record if the latest one is marked as deleted
snapshotted_data.dbt_is_deleted = true
and
snapshotted_data.dbt_valid_to is null
)
)
select * from insertions
union all
select * from updates
union all
select * from deletes
union all
select * from deletion_records
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

merge into `spark_catalog`.`check_v2_snapshots`.`orders_checked` as DBT_INTERNAL_DEST
using `orders_checked__dbt_tmp` as DBT_INTERNAL_SOURCE
on DBT_INTERNAL_SOURCE.`dbt_scd_id` = DBT_INTERNAL_DEST.`dbt_scd_id`
when matched
and DBT_INTERNAL_DEST.`dbt_valid_to` is null
and DBT_INTERNAL_SOURCE.`dbt_change_type` in ('update', 'delete')
then update
set `dbt_valid_to` = DBT_INTERNAL_SOURCE.`dbt_valid_to`
when not matched
and DBT_INTERNAL_SOURCE.`dbt_change_type` = 'insert'
then insert (`order_id`, `state`, `amount`, `updated_at`, `dbt_updated_at`, `dbt_valid_from`, `dbt_valid_to`, `dbt_scd_id`, `dbt_is_deleted`)
values (`order_id`, `state`, `amount`, `updated_at`, `dbt_updated_at`, `dbt_valid_from`, `dbt_valid_to`, `dbt_scd_id`, `dbt_is_deleted`);

DROP VIEW IF EXISTS `orders_checked__dbt_tmp`;
