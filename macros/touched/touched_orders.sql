{% macro touched_orders(positions) -%}
    select distinct order_id
    from {{ ref('order_events') }}
    where {{ is_unread(positions) }}
    {%- if unread_replays(positions) %}
    union
    select order_id
    from ({{ former_events(positions) }})
    {%- endif %}
{%- endmacro %}
