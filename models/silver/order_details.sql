-- Grain: one row per order_id.
-- Sum net_amount for revenue: total_amount also holds what is cancelled or awaits its placement.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key='order_id',
        liquid_clustered_by=['order_id'],
        post_hook="{{ save_run_state() }}",
    )
}}
{%- set unread = unread_events() -%}
{%- set touched = key_ranges(touched_orders(unread)) %}
{{ run_note(unread, within=is_within(touched, 'DBT_INTERNAL_DEST.order_id')) }}

with

order_events as (

    select * from {{ ref('order_events') }}
    where {{ is_within(touched, 'order_id') }}

),

touched_orders as (

    {{ touched_orders(unread) }}

),

events_in_order as (

    select
        order_events.order_id,
        order_events.event_type,
        order_events.order_status,
        order_events.occurred_at,
        {{ status_rank('order_events.order_status') }} as status_rank,
        struct(
            order_events.occurred_at,
            {{ status_rank('order_events.order_status') }} as status_rank,
            order_events.event_id
        ) as occurrence,
        struct(
            order_events.customer_id,
            order_events.product_id,
            order_events.customer_name,
            order_events.customer_email,
            order_events.city,
            order_events.state,
            order_events.product_name,
            order_events.category,
            order_events.brand,
            order_events.payment_method,
            order_events.quantity,
            order_events.base_price,
            order_events.unit_price,
            order_events.discount_pct,
            order_events.reported_total_amount
        ) as content
    from order_events
    {% if is_incremental() -%}
        left semi join touched_orders
            on order_events.order_id = touched_orders.order_id
    {% endif -%}

),

orders as (

    select
        order_id,
        -- An order whose placement has not arrived shows what its earliest event says.
        coalesce(
            min_by(content, occurrence) filter (where order_status = 'placed'),
            min_by(content, occurrence)
        ) as content,
        max_by(order_status, status_rank) as order_status,
        min(occurred_at) filter (where order_status = 'placed') as placed_at,
        min(occurred_at) filter (where order_status = 'shipped') as shipped_at,
        min(occurred_at) filter (where order_status = 'delivered') as delivered_at,
        min(occurred_at) filter (where order_status = 'cancelled') as cancelled_at,
        min(occurred_at) filter (where order_status = 'returned') as returned_at
    from events_in_order
    group by order_id

),

priced as (

    select
        orders.order_id,
        orders.content.*,
        orders.order_status,
        coalesce(orders.content.unit_price, orders.content.base_price) as charged_price,
        coalesce(orders.content.discount_pct, 0) as granted_discount_pct,
        orders.content.unit_price is null as is_price_imputed,
        orders.placed_at is null as is_awaiting_placement,
        orders.placed_at is not null and orders.order_status <> 'cancelled' as is_in_revenue,
        orders.placed_at,
        orders.shipped_at,
        orders.delivered_at,
        orders.cancelled_at,
        orders.returned_at
    from orders

),

multiplied as (

    select
        *,
        cast(charged_price * quantity as decimal(24, 2)) as gross_amount
    from priced

),

discounted as (

    select
        *,
        cast(
            round(gross_amount * granted_discount_pct / 100, 2) as decimal(24, 2)
        ) as discount_amount
    from multiplied

),

totalled as (

    select
        *,
        cast(gross_amount - discount_amount as decimal(24, 2)) as total_amount
    from discounted

),

final as (

    select
        order_id,
        customer_id,
        product_id,
        customer_name,
        customer_email,
        city,
        state,
        product_name,
        category,
        brand,
        payment_method,
        order_status,
        quantity,
        base_price,
        charged_price as unit_price,
        cast(granted_discount_pct as decimal(5, 2)) as discount_pct,
        gross_amount,
        discount_amount,
        total_amount,
        case
            when is_in_revenue and order_status = 'returned' then total_amount
            else cast(0 as decimal(24, 2))
        end as refunded_amount,
        case
            when is_in_revenue and order_status <> 'returned' then total_amount
            else cast(0 as decimal(24, 2))
        end as net_amount,
        reported_total_amount,
        hour(placed_at) as order_hour,
        weekday(placed_at) + 1 as day_of_week,
        -- Clocks that disagree say nothing about how long a delivery took.
        case
            when delivered_at >= placed_at
                then
                    cast(
                        round(
                            cast(timestampdiff(second, placed_at, delivered_at) as decimal(20, 0))
                            / 3600,
                            2
                        ) as decimal(12, 2)
                    )
        end as hours_to_delivery,
        is_price_imputed,
        coalesce(reported_total_amount <> total_amount, false) as is_total_mismatched,
        is_awaiting_placement,
        is_in_revenue,
        cast(placed_at as date) as order_date,
        placed_at,
        shipped_at,
        delivered_at,
        cancelled_at,
        returned_at
    from totalled

)

select * from final
