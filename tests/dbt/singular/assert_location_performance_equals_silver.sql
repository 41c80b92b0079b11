{{ config(tags=['nightly']) }}

with

orders as (

    {{ orders_that_count() }}

),

us_states as (

    select * from {{ ref('us_states') }}

),

recomputed as (

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

)

{{ differing_rows(ref('location_performance'), 'recomputed') }}
