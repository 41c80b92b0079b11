{# From all events of the orders, not from their amounts: an order whose placement turns out to be
   earlier also leaves the time at which it was booked so far. #}
{% macro touched_bookings(positions) -%}
    {%- set orders = key_ranges(rebooked_orders(positions)) -%}
    select events.occurred_at as booked_at
    from {{ ref('order_events') }} as events
    left semi join ({{ rebooked_orders(positions) }}) as rebooked_orders
        on events.order_id = rebooked_orders.order_id
    where
        events.order_status in ('placed', 'returned')
        and {{ is_within(orders, 'events.order_id') }}
    {%- if unread_replays(positions) %}
    union all
    select occurred_at as booked_at
    from ({{ former_events(positions) }})
    {%- endif %}
{%- endmacro %}
