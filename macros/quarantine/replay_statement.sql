{# All copies of an event are read again together, since another one may be the first now. Those
   that no table holds are looked for in all that has landed, and only if an event was taken. #}
{% macro replay_statement(candidates, ranges, states, has_taken) -%}
    insert into {{ ref('order_event_replays') }} (
        replay_number,
        event_hub,
        `partition`,
        `offset`,
        rule_id,
        former_order_id,
        former_product_id,
        former_occurred_at,
        replayed_at
    )
    with

    changes as (

        {{ replay_changes(candidates, ranges, states) }}

    ),

    events as (

        select held_event_id as event_id
        from changes
        where held_event_id is not null
        union
        select event_id
        from changes
        where rule_now is null

    ),

    messages as (

        select
            event_hub,
            `partition`,
            `offset`
        from changes
        union
        select
            copies.event_hub,
            copies.`partition`,
            copies.`offset`
        from {{ ref('order_events') }} as copies
        left semi join events
            on copies.event_id = events.event_id
        union
        select
            copies.event_hub,
            copies.`partition`,
            copies.`offset`
        from ({{ staged_order_events() }}) as copies
        left semi join events
            on copies.event_id = events.event_id
        where
            {{ 'copies.rule_id is null' if has_taken else 'false' }}
            and {{ is_taken_in(states, 'copies') }}

    )

    select
        (select coalesce(max(replay_number), 0) + 1 from {{ ref('order_event_replays') }}),
        messages.event_hub,
        messages.`partition`,
        messages.`offset`,
        quarantined.rule_id,
        taken.order_id,
        taken.product_id,
        taken.occurred_at,
        current_timestamp()
    from messages
    left join {{ ref('quarantined_order_events') }} as quarantined
        on
            messages.event_hub = quarantined.event_hub
            and messages.`partition` = quarantined.`partition`
            and messages.`offset` = quarantined.`offset`
    left join {{ ref('order_events') }} as taken
        on
            messages.event_hub = taken.event_hub
            and messages.`partition` = taken.`partition`
            and messages.`offset` = taken.`offset`
{%- endmacro %}
