{#- Grain: one row per category and discount band with at least one order that counts.
    Every number adds up over categories and bands but discount_band_number, which only sorts. Items
    per order, share and cost of the discount are quotients of the sums: readers divide. No SQL
    comments: see mv_top_brands. -#}
{{
    config(
        materialized='materialized_view',
        schedule={'cron': var('materialized_view_cron'), 'time_zone_value': 'UTC'}
        if var('materialized_view_cron') else none,
    )
}}
{%- set limits = var('discount_band_limits') -%}
{%- set bands = [] -%}
{%- for limit in limits -%}
    {%- set above = 'over ' ~ loop.previtem ~ '% to ' if loop.previtem else 'up to ' -%}
    {%- do bands.append(above ~ limit ~ '%') -%}
{%- endfor %}

with

banded_orders as (

    select
        {{ or_unknown('category') }} as category,
        case
            when discount_pct = 0 then 'none'
            {%- for limit in limits %}
                when discount_pct <= {{ limit }} then '{{ bands[loop.index0] }}'
            {%- endfor %}
            else 'over {{ limits | last }}%'
        end as discount_band,
        case
            when discount_pct = 0 then 0
            {%- for limit in limits %}
                when discount_pct <= {{ limit }} then {{ loop.index }}
            {%- endfor %}
            else {{ limits | length + 1 }}
        end as discount_band_number,
        order_status,
        quantity,
        gross_amount,
        discount_amount,
        refunded_amount,
        net_amount
    from {{ ref('order_details') }}
    where is_in_revenue

)

select
    category,
    discount_band,
    discount_band_number,
    count(*) as order_count,
    count(case when order_status = 'returned' then order_status end) as returned_order_count,
    sum(quantity) as item_count,
    sum(gross_amount) as gross_amount,
    sum(discount_amount) as discount_amount,
    sum(refunded_amount) as refunded_amount,
    sum(net_amount) as revenue
from banded_orders
group by category, discount_band, discount_band_number
