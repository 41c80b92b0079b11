with

states as (

    select
        state,
        measure(delivery_rate) as delivery_rate,
        measure(return_rate) as return_rate,
        measure(order_count) as order_count
    from {{ ref('order_metrics') }}
    group by state

)

select * from states
where order_count > 0
order by delivery_rate asc, state asc
