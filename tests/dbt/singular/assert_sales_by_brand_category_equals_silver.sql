{{ config(tags=['nightly']) }}

with

orders as (

    {{ orders_that_count() }}

),

recomputed as (

    select
        brand,
        category,
        count(*) as order_count,
        count(distinct customer_id) as customer_count,
        sum(quantity) as item_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(refunded_amount) as refunded_amount,
        sum(revenue) as revenue
    from orders
    group by brand, category

)

{{ differing_rows(ref('sales_by_brand_category'), 'recomputed') }}
