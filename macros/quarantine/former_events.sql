{# What order_events no longer says: from there alone nobody could tell which orders and minutes an
   event has left. #}
{% macro former_events(positions) -%}
    {%- set replays = unread_replays(positions) -%}
    select
        former_order_id as order_id,
        former_product_id as product_id,
        former_occurred_at as occurred_at
    from {{ ref('order_event_replays') }}
    where
        former_order_id is not null
        and replay_number > {{ replays[0] }}
        and replay_number <= {{ replays[1] }}
{%- endmacro %}
