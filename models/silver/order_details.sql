-- Grain: one row per order_id.
-- Sum net_amount for revenue: total_amount also holds what is cancelled or awaits its placement.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key='order_id',
        meta={'removed_when': 'customer_id is null'},
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

told_events as (

    select order_events.*
    from order_events
    {% if is_incremental() -%}
        left semi join touched_orders
            on order_events.order_id = touched_orders.order_id
    {% endif -%}

),

orders as (

    {{ orders_from_events('told_events') }}

),

{% if unread_replays(unread) -%}
    -- Without a customer: the merge removes an order that all its events have left. (The linter
    -- takes each branch alone.)
    told_orders as (  -- noqa: ST03

        select
            touched_orders.order_id,
            orders.* except (order_id)
        from touched_orders
        left join orders
            on touched_orders.order_id = orders.order_id

    ),

{% endif -%}

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
        refunded_amount,
        net_amount,
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
    from {{ 'told_orders' if unread_replays(unread) else 'orders' }}

)

select * from final
