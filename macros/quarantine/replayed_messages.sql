{% macro replayed_messages(positions) -%}
    {%- set replays = unread_replays(positions) -%}
    select distinct
        event_hub,
        `partition`,
        `offset`
    from {{ ref('order_event_replays') }}
    where
        replay_number > {{ replays[0] }}
        and replay_number <= {{ replays[1] }}
{%- endmacro %}
