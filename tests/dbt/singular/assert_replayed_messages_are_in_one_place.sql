{{ config(tags=['nightly']) }}

-- What the ledger allows while replays wait for a run must be over once both tables followed them.
{%- set followed = [
    run_state(ref('order_events')).get('replay_number', 0),
    run_state(ref('quarantined_order_events')).get('replay_number', 0),
] | min %}

with

replayed as (

    select
        event_hub,
        `partition`,
        `offset`
    from {{ ref('order_event_replays') }}
    group by event_hub, `partition`, `offset`
    having max(replay_number) <= {{ followed }}

),

staged as (

    select staged_messages.*
    from {{ ref('stg_orders__order_events') }} as staged_messages
    left semi join replayed
        on
            staged_messages.event_hub = replayed.event_hub
            and staged_messages.`partition` = replayed.`partition`
            and staged_messages.`offset` = replayed.`offset`

),

placed as (

    select
        staged.event_hub,
        staged.`partition`,
        staged.`offset`,
        staged.rule_id,
        accepted.event_id is not null as is_accepted,
        quarantined.rule_id is not null as is_quarantined,
        copies.event_id is not null as is_duplicate
    from staged
    left join {{ ref('order_events') }} as accepted
        on
            staged.event_hub = accepted.event_hub
            and staged.`partition` = accepted.`partition`
            and staged.`offset` = accepted.`offset`
    left join {{ ref('quarantined_order_events') }} as quarantined
        on
            staged.event_hub = quarantined.event_hub
            and staged.`partition` = quarantined.`partition`
            and staged.`offset` = quarantined.`offset`
    left join {{ ref('order_events') }} as copies
        on
            staged.event_id = copies.event_id
            and staged.rule_id is null

)

select *
from placed
where
    (is_accepted and is_quarantined)
    or not (is_accepted or is_quarantined or is_duplicate)
