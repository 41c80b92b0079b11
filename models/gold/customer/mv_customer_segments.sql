{#- Grain: one row per customer segment that has customers.
    Every number adds up over segments. No SQL comments: see mv_top_brands. -#}
{{
    config(
        materialized='materialized_view',
        schedule={'cron': var('materialized_view_cron'), 'time_zone_value': 'UTC'}
        if var('materialized_view_cron') else none,
    )
}}

select
    segment,
    count(*) as customer_count,
    sum(order_count) as order_count,
    sum(item_count) as item_count,
    sum(lifetime_value) as revenue
from {{ ref('customer_insights') }}
group by segment
