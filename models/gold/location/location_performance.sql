-- Grain: one row per city and state with at least one order that counts.
-- customer_count and delivery_rate must not be summed; recompute the rate from the two counts.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key=['state', 'city'],
        not_matched_by_source_action='delete',
        tblproperties={
            'delta.enableDeletionVectors': 'true',
            'delta.enableRowTracking': 'true',
        },
    )
}}

with

order_details as (

    select * from {{ ref('order_details') }}
    where is_in_revenue

),

us_states as (

    select * from {{ ref('us_states') }}

),

cities as (

    select
        state,
        {{ or_unknown('city') }} as city,
        count(*) as order_count,
        count(delivered_at) as delivered_order_count,
        count(distinct customer_id) as customer_count,
        sum(net_amount) as revenue
    from order_details
    group by state, {{ or_unknown('city') }}

),

final as (

    select
        cities.state,
        cities.city,
        us_states.state_name,
        us_states.region,
        cities.order_count,
        cities.delivered_order_count,
        cities.customer_count,
        cities.revenue,
        cast(
            cast(cities.delivered_order_count as decimal(20, 0)) / cities.order_count
            as decimal(5, 4)
        ) as delivery_rate
    from cities
    left join us_states
        on cities.state = us_states.state

)

select * from final
