{# Shipments and deliveries, most of what arrives, move no sale and no refund. #}
{% macro rebooked_orders(positions) -%}
    select distinct order_id
    from {{ ref('order_events') }}
    where
        order_status in ('placed', 'cancelled', 'returned')
        and {{ is_unread(positions) }}
    {%- if unread_replays(positions) %}
    union
    select order_id
    from ({{ former_events(positions) }})
    {%- endif %}
{%- endmacro %}
