{#- Grain: one row per customer of the segment High.
    average_order_value and brand_affinity must not be summed or averaged. Without
    days_since_last_order, which would change every row every day: last_order_at says it.
    No SQL comments: see mv_top_brands. -#}
{{
    config(
        materialized='materialized_view',
        schedule={'cron': var('materialized_view_cron'), 'time_zone_value': 'UTC'}
        if var('materialized_view_cron') else none,
    )
}}

select
    customer_id,
    preferred_category,
    preferred_brand,
    order_count,
    item_count,
    lifetime_value,
    average_order_value,
    brand_affinity,
    first_order_at,
    last_order_at
from {{ ref('customer_insights') }}
where segment = 'High'
