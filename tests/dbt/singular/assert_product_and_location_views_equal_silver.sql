{{ config(tags=['nightly']) }}

-- Rows of several views side by side, each as the text of its columns.
with

orders as (

    {{ orders_that_count() }}

),

us_states as (

    select * from {{ ref('us_states') }}

),

categories as (

    select
        category,
        count(*) as order_count,
        sum(quantity) as item_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(refunded_amount) as refunded_amount,
        sum(revenue) as revenue
    from orders
    group by category

),

products as (

    select
        product_id,
        max_by(struct(product_name, category, brand), struct(placed_at, order_id)) as latest,
        count(*) as order_count,
        sum(quantity) as item_count,
        sum(revenue) as revenue
    from orders
    group by product_id

),

-- A rank is one more than the number of those before.
product_ranking as (

    select
        products.product_id,
        products.latest.product_name,
        products.latest.category,
        products.latest.brand,
        products.order_count,
        products.item_count,
        products.revenue,
        count_if(rivals.revenue > products.revenue) + 1 as revenue_rank_in_category,
        count_if(
            rivals.order_count > products.order_count
            or (
                rivals.order_count = products.order_count
                and rivals.item_count > products.item_count
            )
        ) + 1 as popularity_rank_in_category
    from products
    inner join products as rivals
        on products.latest.category = rivals.latest.category
    group by all

),

cities as (

    select
        orders.state,
        orders.city,
        us_states.state_name,
        us_states.region,
        count(*) as order_count,
        count(orders.delivered_at) as delivered_order_count,
        count(distinct orders.customer_id) as customer_count,
        sum(orders.revenue) as revenue,
        cast(
            avg(if(orders.delivered_at is not null, cast(1 as decimal(20, 10)), 0))
            as decimal(5, 4)
        ) as delivery_rate
    from orders
    left join us_states
        on orders.state = us_states.state
    group by orders.state, orders.city, us_states.state_name, us_states.region

),

location_ranking as (

    select
        cities.*,
        count_if(rivals.revenue > cities.revenue) + 1 as revenue_rank_in_state
    from cities
    inner join cities as rivals
        on cities.state = rivals.state
    group by all

),

stored as (

    select
        'mv_category_summary' as view_name,
        to_json(struct(*)) as view_row
    from {{ ref('mv_category_summary') }}
    union all
    select
        'mv_product_ranking' as view_name,
        to_json(struct(*)) as view_row
    from {{ ref('mv_product_ranking') }}
    union all
    select
        'mv_location_ranking' as view_name,
        to_json(struct(*)) as view_row
    from {{ ref('mv_location_ranking') }}

),

recomputed as (

    select
        'mv_category_summary' as view_name,
        to_json(struct(*)) as view_row
    from categories
    union all
    select
        'mv_product_ranking' as view_name,
        to_json(struct(*)) as view_row
    from product_ranking
    union all
    select
        'mv_location_ranking' as view_name,
        to_json(struct(*)) as view_row
    from location_ranking

)

{{ differing_rows('stored', 'recomputed') }}
