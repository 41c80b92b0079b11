{{ config(tags=['nightly']) }}

{%- set revenues = {
    'sales_by_brand_category': 'revenue',
    'location_performance': 'revenue',
    'product_performance': 'revenue',
    'customer_insights': 'lifetime_value',
    'daily_sales': 'revenue',
    'sales_by_state_minute': 'revenue',
    'sales_by_product_minute': 'revenue',
    'mv_top_brands': 'revenue',
    'mv_category_summary': 'revenue',
    'mv_location_ranking': 'revenue',
    'mv_product_ranking': 'revenue',
    'mv_customer_segments': 'revenue',
    'mv_brand_location_matrix': 'revenue',
    'mv_discount_analysis': 'revenue',
} %}

with

silver as (

    select coalesce(sum(net_amount), 0) as revenue
    from {{ ref('order_details') }}
    where is_in_revenue

),

gold as (

    {% for mart, column in revenues.items() -%}
        select
            '{{ mart }}' as mart,
            coalesce(sum({{ column }}), 0) as revenue
        from {{ ref(mart) }}
        union all
    {% endfor -%}
    select
        'order_metrics' as mart,
        coalesce(measure(revenue), 0) as revenue
    from {{ ref('order_metrics') }}

)

select
    gold.mart,
    gold.revenue as gold_revenue,
    silver.revenue as silver_revenue
from gold
cross join silver
where gold.revenue <> silver.revenue
