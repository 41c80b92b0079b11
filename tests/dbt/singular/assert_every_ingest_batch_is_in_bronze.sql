{{ config(tags=['nightly']) }}

with

ingest_batches as (

    select * from {{ source('ops', 'ingest_batches') }}

),

order_events as (

    select * from {{ source('bronze', 'order_events') }}

),

-- Rows are recorded in the order of their numbers, some seconds after they land: what lies between
-- two that are recorded has to be recorded, too.
spans as (

    select
        event_hub,
        min(ingest_batch_id) as first_batch_id,
        max(ingest_batch_id) as last_batch_id
    from ingest_batches
    group by event_hub

),

taken as (

    select * from ({{ ingest_batch_ranges() }})
    where from_offset < to_offset

),

landed as (

    select
        order_events.event_hub,
        order_events.ingest_batch_id,
        order_events.`partition`,
        min(order_events.`offset`) as first_offset,
        max(order_events.`offset`) as last_offset,
        count(*) as landed_count,
        count(distinct order_events.`offset`) as offset_count
    from order_events
    inner join spans
        on
            order_events.event_hub = spans.event_hub
            and order_events.ingest_batch_id between spans.first_batch_id and spans.last_batch_id
    group by order_events.event_hub, order_events.ingest_batch_id, order_events.`partition`

),

-- Marks of Kafka transactions have offsets, too: a batch may land fewer messages than it took.
strays as (

    select
        landed.event_hub,
        landed.ingest_batch_id,
        landed.`partition` as in_partition,
        cast(null as bigint) as recorded_count,
        landed.landed_count
    from landed
    left join taken
        on
            landed.event_hub = taken.event_hub
            and landed.ingest_batch_id = taken.ingest_batch_id
            and landed.`partition` = taken.`partition`
    where
        taken.event_hub is null
        or landed.first_offset < taken.from_offset
        or landed.last_offset >= taken.to_offset
        or landed.offset_count < landed.landed_count

),

totals as (

    select
        event_hub,
        ingest_batch_id,
        sum(landed_count) as landed_count
    from landed
    group by event_hub, ingest_batch_id

),

miscounted as (

    select
        ingest_batches.event_hub,
        ingest_batches.ingest_batch_id,
        cast(null as int) as in_partition,
        ingest_batches.row_count as recorded_count,
        coalesce(totals.landed_count, 0) as landed_count
    from ingest_batches
    left join totals
        on
            ingest_batches.event_hub = totals.event_hub
            and ingest_batches.ingest_batch_id = totals.ingest_batch_id
    where ingest_batches.row_count <> coalesce(totals.landed_count, 0)

)

select * from strays
union all
select * from miscounted
