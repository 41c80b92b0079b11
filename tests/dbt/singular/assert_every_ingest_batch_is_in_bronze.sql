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
        count(*) as landed_count
    from order_events
    inner join spans
        on
            order_events.event_hub = spans.event_hub
            and order_events.ingest_batch_id between spans.first_batch_id and spans.last_batch_id
    group by order_events.event_hub, order_events.ingest_batch_id, order_events.`partition`

)

select
    coalesce(taken.event_hub, landed.event_hub) as event_hub,
    coalesce(taken.ingest_batch_id, landed.ingest_batch_id) as ingest_batch_id,
    coalesce(taken.`partition`, landed.`partition`) as `partition`,
    taken.from_offset,
    taken.to_offset,
    landed.first_offset,
    landed.last_offset,
    landed.landed_count
from taken
full outer join landed
    on
        taken.event_hub = landed.event_hub
        and taken.ingest_batch_id = landed.ingest_batch_id
        and taken.`partition` = landed.`partition`
where
    landed.landed_count is distinct from taken.to_offset - taken.from_offset
    or landed.first_offset <> taken.from_offset
    or landed.last_offset <> taken.to_offset - 1
