{% macro touched_orders(positions) -%}
    select distinct order_id
    from {{ ref('order_events') }}
    where {{ is_unread(positions) }}
{%- endmacro %}
