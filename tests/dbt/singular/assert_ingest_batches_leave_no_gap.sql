{{ config(tags=['nightly']) }}

with

ingest_batches as (

    select * from {{ source('ops', 'ingest_batches') }}

),

taken as (

    select
        ingest_batches.event_hub,
        ingest_batches.ingest_batch_id,
        part.`partition`,
        part.from_offset,
        part.to_offset
    from ingest_batches
        lateral view explode(ingest_batches.partitions) exploded as part

),

followed as (

    select
        event_hub,
        `partition`,
        ingest_batch_id,
        from_offset,
        lag(to_offset) over (
            partition by event_hub, `partition`
            order by ingest_batch_id
        ) as offset_expected
    from taken

)

select *
from followed
where from_offset <> offset_expected
