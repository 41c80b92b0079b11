{#- Grain: one row per category with at least one order that counts.
    Every number adds up over categories. No SQL comments: see mv_top_brands. -#}
{{
    config(
        materialized='materialized_view',
        schedule={'cron': var('materialized_view_cron'), 'time_zone_value': 'UTC'}
        if var('materialized_view_cron') else none,
    )
}}

select
    {{ or_unknown('category') }} as category,
    count(*) as order_count,
    sum(quantity) as item_count,
    sum(gross_amount) as gross_amount,
    sum(discount_amount) as discount_amount,
    sum(refunded_amount) as refunded_amount,
    sum(net_amount) as revenue
from {{ ref('order_details') }}
where is_in_revenue
group by {{ or_unknown('category') }}
