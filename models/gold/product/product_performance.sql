-- Grain: one row per product_id with at least one order that counts.
-- customer_count, revenue_per_unit and popularity_rank must not be summed; recompute revenue per
-- unit from revenue and item_count.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key='product_id',
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

products as (

    select
        product_id,
        max_by(product_name, struct(placed_at, order_id)) as product_name,
        max_by(category, struct(placed_at, order_id)) as category,
        max_by(brand, struct(placed_at, order_id)) as brand,
        count(*) as order_count,
        count(distinct customer_id) as customer_count,
        sum(quantity) as item_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(refunded_amount) as refunded_amount,
        sum(net_amount) as revenue
    from order_details
    group by product_id

),

final as (

    select
        product_id,
        {{ or_unknown('product_name') }} as product_name,
        {{ or_unknown('category') }} as category,
        {{ or_unknown('brand') }} as brand,
        order_count,
        customer_count,
        item_count,
        gross_amount,
        discount_amount,
        refunded_amount,
        revenue,
        {{ average_amount('revenue', 'item_count') }} as revenue_per_unit,
        rank() over (order by order_count desc, item_count desc) as popularity_rank
    from products

)

select * from final
