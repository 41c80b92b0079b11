{{ config(tags=['nightly']) }}

with

taken as (

    {{ ingest_batch_ranges() }}

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
