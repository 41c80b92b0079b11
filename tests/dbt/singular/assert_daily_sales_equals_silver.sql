{{ config(tags=['nightly']) }}

with

orders as (

    {{ orders_that_count() }}

),

bookings as (

    select
        cast(placed_at as date) as sales_date,
        1 as order_count,
        quantity as item_count,
        gross_amount,
        discount_amount,
        0 as refunded_amount
    from orders
    union all
    select
        cast(returned_at as date) as sales_date,
        0 as order_count,
        0 as item_count,
        0 as gross_amount,
        0 as discount_amount,
        refunded_amount
    from orders
    where order_status = 'returned'

),

days as (

    select
        sales_date,
        sum(order_count) as order_count,
        sum(item_count) as item_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(refunded_amount) as refunded_amount,
        sum(gross_amount) - sum(discount_amount) - sum(refunded_amount) as revenue
    from bookings
    group by sales_date

),

recomputed as (

    select
        *,
        {{ average_amount('revenue', 'order_count') }} as average_order_value
    from days

)

{{ differing_rows(ref('daily_sales'), 'recomputed') }}
