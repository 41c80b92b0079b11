-- Grain: one row per event hub and partition.
-- The counts add up over partitions; first_offset and last_offset do not.
with

landed as (

    select * from {{ source('bronze', 'order_events') }}

),

staged as (

    select * from {{ ref('stg_orders__order_events') }}

),

accepted as (

    select * from {{ ref('order_events') }}

),

quarantined as (

    select * from {{ ref('quarantined_order_events') }}

),

replayed as (

    select distinct
        event_hub,
        `partition`,
        `offset`
    from {{ ref('order_event_replays') }}

),

-- A replay moves a message from one table to the other, in two runs: in between it can be in both.
moved as (

    select
        accepted.event_hub,
        accepted.`partition`,
        accepted.`offset`
    from accepted
    left semi join replayed
        on
            accepted.event_hub = replayed.event_hub
            and accepted.`partition` = replayed.`partition`
            and accepted.`offset` = replayed.`offset`

),

stored as (

    select
        event_hub,
        `partition`,
        `offset`,
        'accepted' as outcome
    from accepted
    union all
    select
        quarantined.event_hub,
        quarantined.`partition`,
        quarantined.`offset`,
        'quarantined' as outcome
    from quarantined
    left anti join moved
        on
            quarantined.event_hub = moved.event_hub
            and quarantined.`partition` = moved.`partition`
            and quarantined.`offset` = moved.`offset`

),

cursors as (

    select
        event_hub,
        `partition`,
        max(`offset`) filter (where outcome = 'accepted') as accepted_to,
        max(`offset`) filter (where outcome = 'quarantined') as quarantined_to
    from stored
    group by event_hub, `partition`

),

-- Only these messages are parsed again: the optimizer moves the condition below the parsing, which
-- it does not do with an anti join.
remaining as (

    select
        event_hub,
        `partition`,
        `offset`,
        event_id,
        rule_id
    from staged
    where
        not exists (
            select 1
            from stored
            where
                stored.event_hub = staged.event_hub
                and stored.`partition` = staged.`partition`
                and stored.`offset` = staged.`offset`
        )

),

explained as (

    select
        remaining.event_hub,
        remaining.`partition`,
        remaining.`offset`,
        case
            when remaining.rule_id is null and accepted.event_id is not null then 'duplicate'
            -- Or in neither: the other run takes it.
            when replayed.event_hub is not null then 'pending'
            -- Beyond the cursor of the table that takes it: the next run does.
            when
                remaining.`offset` > coalesce(
                    if(remaining.rule_id is null, cursors.accepted_to, cursors.quarantined_to),
                    -1
                )
                then 'pending'
            else 'lost'
        end as outcome
    from remaining
    left join accepted
        on remaining.event_id = accepted.event_id
    left join replayed
        on
            remaining.event_hub = replayed.event_hub
            and remaining.`partition` = replayed.`partition`
            and remaining.`offset` = replayed.`offset`
    left join cursors
        on
            remaining.event_hub = cursors.event_hub
            and remaining.`partition` = cursors.`partition`

),

outcomes as (

    select
        event_hub,
        `partition`,
        `offset`,
        'landed' as outcome
    from landed
    union all
    select * from stored
    union all
    select * from explained

),

counted as (

    select
        event_hub,
        `partition`,
        min(`offset`) filter (where outcome = 'landed') as first_offset,
        max(`offset`) filter (where outcome = 'landed') as last_offset,
        count(*) filter (where outcome = 'landed') as landed_count,
        count(*) filter (where outcome = 'accepted') as accepted_count,
        count(*) filter (where outcome = 'duplicate') as duplicate_count,
        count(*) filter (where outcome = 'quarantined') as quarantined_count,
        count(*) filter (where outcome = 'pending') as pending_count
    from outcomes
    group by event_hub, `partition`

),

final as (

    select
        *,
        landed_count
        = accepted_count + duplicate_count + quarantined_count + pending_count as is_balanced
    from counted

)

select * from final
