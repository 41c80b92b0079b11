{{ config(tags=['nightly']) }}

-- Rows of several views side by side, each as the text of its columns.
with

orders as (

    {{ orders_that_count() }}

),

weighed as (

    select
        customer_id,
        category,
        brand,
        count(*) over (partition by customer_id, category) as category_order_count,
        sum(revenue) over (partition by customer_id, category) as category_revenue,
        count(*) over (partition by customer_id, brand) as brand_order_count,
        sum(revenue) over (partition by customer_id, brand) as brand_revenue
    from orders

),

preferences as (

    select distinct
        customer_id,
        first_value(category) over (
            partition by customer_id
            order by category_order_count desc, category_revenue desc, category asc
        ) as preferred_category,
        first_value(brand) over (
            partition by customer_id
            order by brand_order_count desc, brand_revenue desc, brand asc
        ) as preferred_brand
    from weighed

),

customers as (

    select
        orders.customer_id,
        preferences.preferred_category,
        preferences.preferred_brand,
        count(*) as order_count,
        sum(orders.quantity) as item_count,
        sum(orders.revenue) as lifetime_value,
        {{ average_amount('sum(orders.revenue)', 'count(*)') }} as average_order_value,
        cast(
            avg(if(orders.brand = preferences.preferred_brand, cast(1 as decimal(20, 10)), 0))
            as decimal(5, 4)
        ) as brand_affinity,
        min(orders.placed_at) as first_order_at,
        max(orders.placed_at) as last_order_at
    from orders
    inner join preferences
        on orders.customer_id = preferences.customer_id
    group by
        orders.customer_id,
        preferences.preferred_category,
        preferences.preferred_brand

),

vip_customers as (

    select * from customers
    where lifetime_value >= {{ var('customer_segment_high_from') }}

),

segments as (

    select
        case
            when lifetime_value < {{ var('customer_segment_medium_from') }} then 'Low'
            when lifetime_value < {{ var('customer_segment_high_from') }} then 'Medium'
            else 'High'
        end as segment,
        count(*) as customer_count,
        sum(order_count) as order_count,
        sum(item_count) as item_count,
        sum(lifetime_value) as revenue
    from customers
    group by all

),

stored as (

    select
        'mv_customer_segments' as view_name,
        to_json(struct(*)) as view_row
    from {{ ref('mv_customer_segments') }}
    union all
    select
        'mv_vip_customers' as view_name,
        to_json(struct(*)) as view_row
    from {{ ref('mv_vip_customers') }}

),

recomputed as (

    select
        'mv_customer_segments' as view_name,
        to_json(struct(*)) as view_row
    from segments
    union all
    select
        'mv_vip_customers' as view_name,
        to_json(struct(*)) as view_row
    from vip_customers

)

{{ differing_rows('stored', 'recomputed') }}
