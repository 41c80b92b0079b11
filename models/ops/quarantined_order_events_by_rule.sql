-- Grain: one row per rule that a message breaks or was replayed for.
-- Ages and fix_rate must not be summed; the counts add up.
{{ config(materialized='view') }}

with

quarantined as (

    select * from {{ ref('quarantined_order_events') }}

),

accepted as (

    select * from {{ ref('order_events') }}

),

replays as (

    select * from {{ ref('order_event_replays') }}

),

-- "Now" is when the latest message came in that was taken or rejected.
latest as (

    select max(enqueued_at) as latest_at
    from (
        select enqueued_at
        from quarantined
        union all
        select enqueued_at
        from accepted
    ) as messages

),

aged as (

    select
        quarantined.rule_id,
        timestampdiff(minute, quarantined.enqueued_at, latest.latest_at) as age_minutes
    from quarantined
    cross join latest

),

open_messages as (

    select
        rule_id,
        count(*) as open_count,
        max(age_minutes) as oldest_age_minutes,
        cast(percentile(age_minutes, 0.5) as bigint) as median_age_minutes
    from aged
    group by rule_id

),

-- By the rule that a message was first replayed for; what still waits for a run is open.
replayed as (

    select
        event_hub,
        `partition`,
        `offset`,
        min_by(rule_id, replay_number) as rule_id
    from replays
    where rule_id is not null
    group by event_hub, `partition`, `offset`

),

replayed_messages as (

    select
        replayed.rule_id,
        count(*) as replayed_count
    from replayed
    left anti join quarantined
        on
            replayed.event_hub = quarantined.event_hub
            and replayed.`partition` = quarantined.`partition`
            and replayed.`offset` = quarantined.`offset`
    group by replayed.rule_id

),

counted as (

    select
        coalesce(open_messages.rule_id, replayed_messages.rule_id) as rule_id,
        coalesce(open_messages.open_count, 0) as open_count,
        coalesce(replayed_messages.replayed_count, 0) as replayed_count,
        open_messages.oldest_age_minutes,
        open_messages.median_age_minutes
    from open_messages
    full outer join replayed_messages
        on open_messages.rule_id = replayed_messages.rule_id

),

final as (

    select
        rule_id,
        open_count,
        replayed_count,
        oldest_age_minutes,
        median_age_minutes,
        cast(
            cast(replayed_count as decimal(18, 0)) / (open_count + replayed_count) as decimal(5, 4)
        ) as fix_rate
    from counted

)

select * from final
