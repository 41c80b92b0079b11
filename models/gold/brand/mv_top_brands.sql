{#- Grain: one row per brand with at least one order that counts.
    Every number adds up over brands. Readers order by revenue: a stored rank would move rows that
    no sale touched.
    Not SQL comments: the warehouse keeps a view's text from its first word on, and text that differs
    from the model's makes dbt rebuild the view instead of refreshing it. -#}
{{
    config(
        materialized='materialized_view',
        schedule={'cron': var('materialized_view_cron'), 'time_zone_value': 'UTC'}
        if var('materialized_view_cron') else none,
    )
}}

select
    {{ or_unknown('brand') }} as brand,
    count(*) as order_count,
    sum(quantity) as item_count,
    sum(discount_amount) as discount_amount,
    sum(refunded_amount) as refunded_amount,
    sum(net_amount) as revenue
from {{ ref('order_details') }}
where is_in_revenue
group by {{ or_unknown('brand') }}
