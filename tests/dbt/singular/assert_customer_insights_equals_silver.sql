{{ config(tags=['nightly']) }}

with

orders as (

    {{ orders_that_count() }}

),

latest_event as (

    select max(occurred_at) as occurred_at
    from {{ ref('order_events') }}

),

-- How many orders the customer has of each order's category and brand, and what they brought in.
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

recomputed as (

    select
        orders.customer_id,
        case
            when sum(orders.revenue) < {{ var('customer_segment_medium_from') }} then 'Low'
            when sum(orders.revenue) < {{ var('customer_segment_high_from') }} then 'Medium'
            else 'High'
        end as segment,
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
        datediff(
            max(latest_event.occurred_at), max(orders.placed_at)
        ) as days_since_last_order,
        min(orders.placed_at) as first_order_at,
        max(orders.placed_at) as last_order_at
    from orders
    inner join preferences
        on orders.customer_id = preferences.customer_id
    cross join latest_event
    group by
        orders.customer_id,
        preferences.preferred_category,
        preferences.preferred_brand

)

{{ differing_rows(ref('customer_insights'), 'recomputed') }}
