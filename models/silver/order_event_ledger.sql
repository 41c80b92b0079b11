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

landed_by_partition as (

    select
        event_hub,
        `partition`,
        count(*) as landed_count,
        min(`offset`) as first_offset,
        max(`offset`) as last_offset
    from landed
    group by event_hub, `partition`

),

accepted_by_partition as (

    select
        event_hub,
        `partition`,
        count(*) as accepted_count,
        max(`offset`) as held_offset
    from accepted
    group by event_hub, `partition`

),

quarantined_by_partition as (

    select
        event_hub,
        `partition`,
        count(*) as quarantined_count,
        max(`offset`) as held_offset
    from quarantined
    group by event_hub, `partition`

),

stored_positions as (

    select
        event_hub,
        `partition`,
        `offset`
    from accepted
    union all
    select
        event_hub,
        `partition`,
        `offset`
    from quarantined

),

-- Only these messages are parsed again.
remaining as (

    select
        staged.event_hub,
        staged.`partition`,
        staged.`offset`,
        staged.event_id,
        staged.rule_id
    from staged
    left anti join stored_positions
        on
            staged.event_hub = stored_positions.event_hub
            and staged.`partition` = stored_positions.`partition`
            and staged.`offset` = stored_positions.`offset`

),

remaining_by_partition as (

    select
        remaining.event_hub,
        remaining.`partition`,
        count(*) filter (
            where remaining.rule_id is null and accepted.event_id is not null
        ) as duplicate_count,
        -- Beyond the cursor of the table that takes it: the next run does.
        count(*) filter (
            where
            remaining.rule_id is null
            and accepted.event_id is null
            and remaining.`offset` > coalesce(accepted_by_partition.held_offset, -1)
        )
        + count(*) filter (
            where
            remaining.rule_id is not null
            and remaining.`offset` > coalesce(quarantined_by_partition.held_offset, -1)
        ) as pending_count
    from remaining
    left join accepted
        on
            remaining.event_id = accepted.event_id
            and remaining.rule_id is null
    left join accepted_by_partition
        on
            remaining.event_hub = accepted_by_partition.event_hub
            and remaining.`partition` = accepted_by_partition.`partition`
    left join quarantined_by_partition
        on
            remaining.event_hub = quarantined_by_partition.event_hub
            and remaining.`partition` = quarantined_by_partition.`partition`
    group by remaining.event_hub, remaining.`partition`

),

counted as (

    select
        landed_by_partition.event_hub,
        landed_by_partition.`partition`,
        landed_by_partition.first_offset,
        landed_by_partition.last_offset,
        landed_by_partition.landed_count,
        coalesce(accepted_by_partition.accepted_count, 0) as accepted_count,
        coalesce(remaining_by_partition.duplicate_count, 0) as duplicate_count,
        coalesce(quarantined_by_partition.quarantined_count, 0) as quarantined_count,
        coalesce(remaining_by_partition.pending_count, 0) as pending_count
    from landed_by_partition
    left join accepted_by_partition
        on
            landed_by_partition.event_hub = accepted_by_partition.event_hub
            and landed_by_partition.`partition` = accepted_by_partition.`partition`
    left join quarantined_by_partition
        on
            landed_by_partition.event_hub = quarantined_by_partition.event_hub
            and landed_by_partition.`partition` = quarantined_by_partition.`partition`
    left join remaining_by_partition
        on
            landed_by_partition.event_hub = remaining_by_partition.event_hub
            and landed_by_partition.`partition` = remaining_by_partition.`partition`

),

final as (

    select
        *,
        landed_count
        = accepted_count + duplicate_count + quarantined_count + pending_count as is_balanced
    from counted

)

select * from final
