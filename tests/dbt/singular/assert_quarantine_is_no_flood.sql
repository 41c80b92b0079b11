{{ config(tags=['nightly'], severity='warn') }}

-- By the messages that came in last, as the hub dates them. Duplicates are in neither table.
with

messages as (

    select
        enqueued_at,
        0 as is_rejected
    from {{ ref('order_events') }}
    union all
    select
        enqueued_at,
        1 as is_rejected
    from {{ ref('quarantined_order_events') }}

),

latest as (

    select max(enqueued_at) as latest_at
    from messages

),

counted as (

    select
        count(*) as message_count,
        sum(messages.is_rejected) as rejected_count
    from messages
    cross join latest
    where
        messages.enqueued_at
        > latest.latest_at - interval '{{ var("quarantine_flood_hours") }}' hour

)

select *
from counted
where rejected_count > {{ var('quarantine_flood_share') }} * message_count
