{#- Grain: one row per city and state with at least one order that counts.
    customer_count, delivery_rate and the rank must not be summed. The rank begins anew in each
    state: a rank over all cities would move rows that no sale touched, and force a full refresh.
    No SQL comments: see mv_top_brands. -#}
{{
    config(
        materialized='materialized_view',
        schedule={'cron': var('materialized_view_cron'), 'time_zone_value': 'UTC'}
        if var('materialized_view_cron') else none,
    )
}}

select
    state,
    city,
    state_name,
    region,
    order_count,
    delivered_order_count,
    customer_count,
    revenue,
    delivery_rate,
    rank() over (partition by state order by revenue desc) as revenue_rank_in_state
from {{ ref('location_performance') }}
