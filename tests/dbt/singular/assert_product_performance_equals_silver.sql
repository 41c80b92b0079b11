{{ config(tags=['nightly']) }}

with

orders as (

    {{ orders_that_count() }}

),

latest_orders as (

    select
        product_id,
        product_name,
        category,
        brand
    from orders
    qualify
        row_number() over (
            partition by product_id
            order by placed_at desc, order_id desc
        ) = 1

),

products as (

    select
        product_id,
        count(*) as order_count,
        count(distinct customer_id) as customer_count,
        sum(quantity) as item_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(refunded_amount) as refunded_amount,
        sum(revenue) as revenue
    from orders
    group by product_id

),

-- A rank is one more than the number of those before.
ranks as (

    select
        products.product_id,
        count(more_popular.product_id) + 1 as popularity_rank
    from products
    left join products as more_popular
        on
            products.order_count < more_popular.order_count
            or (
                products.order_count = more_popular.order_count
                and products.item_count < more_popular.item_count
            )
    group by products.product_id

),

recomputed as (

    select
        products.product_id,
        latest_orders.product_name,
        latest_orders.category,
        latest_orders.brand,
        products.order_count,
        products.customer_count,
        products.item_count,
        products.gross_amount,
        products.discount_amount,
        products.refunded_amount,
        products.revenue,
        {{ average_amount('products.revenue', 'products.item_count') }} as revenue_per_unit,
        ranks.popularity_rank
    from products
    inner join latest_orders
        on products.product_id = latest_orders.product_id
    inner join ranks
        on products.product_id = ranks.product_id

)

{{ differing_rows(ref('product_performance'), 'recomputed') }}
