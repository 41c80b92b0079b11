-- Grain: one row per order_id and amount_kind, sale or refund, on the day it counts for.
-- Every number adds up, with nothing to filter: the sum of net_amount is revenue.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key=['order_id', 'amount_kind'],
        meta={'removed_when': 'booked_at is null'},
        liquid_clustered_by=['booked_date', 'order_id'],
        post_hook="{{ save_run_state() }}",
    )
}}
{%- set unread = unread_orders() -%}
{%- set touched = key_ranges(touched_orders(unread)) %}
{{ run_note(unread, within=is_within(touched, 'DBT_INTERNAL_DEST.order_id')) }}

with

order_details as (

    select * from {{ ref('order_details') }}
    where
        not is_awaiting_placement
        and {{ is_within(touched, 'order_id') }}

),

touched_orders as (

    {{ touched_orders(unread) }}

),

orders as (

    select order_details.*
    from order_details
    {% if is_incremental() -%}
        left semi join touched_orders
            on order_details.order_id = touched_orders.order_id
    {% endif -%}

),

-- A cancelled order keeps its row, with zeros: what was booked is then put right by the same merge.
sales as (

    select
        *,
        'sale' as amount_kind,
        if(is_in_revenue, 1, 0) as order_count,
        if(is_in_revenue, 0, 1) as cancelled_order_count,
        if(is_in_revenue and delivered_at is not null, 1, 0) as delivered_order_count,
        if(is_in_revenue and order_status = 'returned', 1, 0) as returned_order_count,
        if(is_in_revenue, quantity, 0) as item_count,
        if(is_in_revenue, gross_amount, 0) as booked_gross_amount,
        if(is_in_revenue, discount_amount, 0) as booked_discount_amount,
        0 as booked_refunded_amount,
        placed_at as booked_at
    from orders

),

refunds as (

    select
        *,
        'refund' as amount_kind,
        0 as order_count,
        0 as cancelled_order_count,
        0 as delivered_order_count,
        0 as returned_order_count,
        0 as item_count,
        0 as booked_gross_amount,
        0 as booked_discount_amount,
        refunded_amount as booked_refunded_amount,
        returned_at as booked_at
    from orders
    where order_status = 'returned'

),

booked as (

    select * from sales
    union all
    select * from refunds

),

{% if unread_replays(unread) -%}
    -- Without a time: the merge removes an amount whose order has lost its placement or its return.
    amounts as (

        select
            order_id,
            amount_kind
        from booked
        union distinct
        select
            held.order_id,
            held.amount_kind
        from {{ this }} as held
        left semi join touched_orders
            on held.order_id = touched_orders.order_id
        where {{ is_within(touched, 'held.order_id') }}

    ),

    -- (The linter takes each branch alone.)
    told_amounts as (  -- noqa: ST03

        select
            amounts.order_id,
            amounts.amount_kind,
            booked.* except (order_id, amount_kind)
        from amounts
        left join booked
            on
                amounts.order_id = booked.order_id
                and amounts.amount_kind = booked.amount_kind

    ),

{% endif -%}

final as (

    select
        order_id,
        amount_kind,
        customer_id,
        product_id,
        city,
        state,
        product_name,
        category,
        brand,
        payment_method,
        order_count,
        cancelled_order_count,
        delivered_order_count,
        returned_order_count,
        item_count,
        cast(booked_gross_amount as decimal(24, 2)) as gross_amount,
        cast(booked_discount_amount as decimal(24, 2)) as discount_amount,
        cast(booked_refunded_amount as decimal(24, 2)) as refunded_amount,
        cast(
            booked_gross_amount - booked_discount_amount - booked_refunded_amount as decimal(24, 2)
        ) as net_amount,
        cast(booked_at as date) as booked_date,
        booked_at
    from {{ 'told_amounts' if unread_replays(unread) else 'booked' }}

)

select * from final
