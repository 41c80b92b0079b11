{#- Grain: one row per product_id with at least one order that counts.
    Ranks must not be summed. They begin anew in each category: a rank over all products would move
    rows that no sale touched, and force a full refresh. No SQL comments: see mv_top_brands. -#}
{{
    config(
        materialized='materialized_view',
        schedule={'cron': var('materialized_view_cron'), 'time_zone_value': 'UTC'}
        if var('materialized_view_cron') else none,
    )
}}

select
    product_id,
    product_name,
    category,
    brand,
    order_count,
    item_count,
    revenue,
    rank() over (partition by category order by revenue desc) as revenue_rank_in_category,
    rank() over (
        partition by category
        order by order_count desc, item_count desc
    ) as popularity_rank_in_category
from {{ ref('product_performance') }}
