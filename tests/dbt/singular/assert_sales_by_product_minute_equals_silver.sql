{{ config(tags=['nightly']) }}

with

orders as (

    {{ orders_that_count() }}

),

latest_event as (

    select max(occurred_at) as occurred_at
    from {{ ref('order_events') }}

),

bookings as (

    select
        product_id,
        1 as order_count,
        quantity as item_count,
        gross_amount - discount_amount as sales_amount,
        0 as refunded_amount,
        date_trunc('minute', placed_at) as minute_at
    from orders
    union all
    select
        product_id,
        0 as order_count,
        0 as item_count,
        0 as sales_amount,
        refunded_amount,
        date_trunc('minute', returned_at) as minute_at
    from orders
    where order_status = 'returned'

),

minutes as (

    select
        product_id,
        minute_at,
        sum(order_count) as order_count,
        sum(item_count) as total_items,
        sum(sales_amount) as total_sales,
        sum(refunded_amount) as refunded_amount
    from bookings
    group by product_id, minute_at

),

recomputed as (

    select
        minutes.product_id,
        minutes.order_count,
        minutes.total_items,
        minutes.total_sales,
        minutes.refunded_amount,
        minutes.total_sales - minutes.refunded_amount as revenue,
        timestampadd(
            minute, {{ var('minute_lateness_allowance_minutes') }} + 1, minutes.minute_at
        ) <= latest_event.occurred_at as is_final,
        minutes.minute_at
    from minutes
    cross join latest_event

)

{{ differing_rows(ref('sales_by_product_minute'), 'recomputed') }}
