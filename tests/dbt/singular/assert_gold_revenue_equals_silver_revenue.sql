{{ config(tags=['nightly']) }}

with

silver as (

    select coalesce(sum(net_amount), 0) as revenue
    from {{ ref('order_details') }}
    where is_in_revenue

),

gold as (

    select
        'sales_by_brand_category' as mart,
        coalesce(sum(revenue), 0) as revenue
    from {{ ref('sales_by_brand_category') }}
    union all
    select
        'location_performance' as mart,
        coalesce(sum(revenue), 0) as revenue
    from {{ ref('location_performance') }}
    union all
    select
        'customer_insights' as mart,
        coalesce(sum(lifetime_value), 0) as revenue
    from {{ ref('customer_insights') }}
    union all
    select
        'mv_top_brands' as mart,
        coalesce(sum(revenue), 0) as revenue
    from {{ ref('mv_top_brands') }}

)

select
    gold.mart,
    gold.revenue as gold_revenue,
    silver.revenue as silver_revenue
from gold
cross join silver
where gold.revenue <> silver.revenue
