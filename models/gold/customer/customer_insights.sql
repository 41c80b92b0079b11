-- Grain: one row per customer with at least one order that counts.
-- average_order_value and brand_affinity must not be summed or averaged, days_since_last_order not
-- summed: recompute the average from lifetime_value and order_count.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key='customer_id',
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

customers as (

    select
        customer_id,
        count(*) as order_count,
        sum(quantity) as item_count,
        sum(net_amount) as lifetime_value,
        min(placed_at) as first_order_at,
        max(placed_at) as last_order_at
    from order_details
    group by customer_id

),

customer_categories as (

    select
        customer_id,
        {{ or_unknown('category') }} as category,
        count(*) as order_count,
        sum(net_amount) as revenue
    from order_details
    group by customer_id, {{ or_unknown('category') }}

),

customer_brands as (

    select
        customer_id,
        {{ or_unknown('brand') }} as brand,
        count(*) as order_count,
        sum(net_amount) as revenue
    from order_details
    group by customer_id, {{ or_unknown('brand') }}

),

-- Most orders, then most revenue, then the first name: negative numbers, so that least is best.
preferred_categories as (

    select
        customer_id,
        min_by(category, struct(-order_count, -revenue, category)) as preferred_category
    from customer_categories
    group by customer_id

),

preferred_brands as (

    select
        customer_id,
        min_by(brand, struct(-order_count, -revenue, brand)) as preferred_brand,
        max(order_count) as preferred_brand_order_count
    from customer_brands
    group by customer_id

),

final as (

    select
        customers.customer_id,
        case
            when customers.lifetime_value >= {{ var('customer_segment_high_from') }} then 'High'
            when customers.lifetime_value >= {{ var('customer_segment_medium_from') }} then 'Medium'
            else 'Low'
        end as segment,
        preferred_categories.preferred_category,
        preferred_brands.preferred_brand,
        customers.order_count,
        customers.item_count,
        customers.lifetime_value,
        {{ average_amount('customers.lifetime_value', 'customers.order_count') }}
            as average_order_value,
        cast(
            cast(preferred_brands.preferred_brand_order_count as decimal(20, 0))
            / customers.order_count
            as decimal(5, 4)
        ) as brand_affinity,
        datediff(
            cast('{{ latest_occurred_at() }}' as date),
            cast(customers.last_order_at as date)
        ) as days_since_last_order,
        customers.first_order_at,
        customers.last_order_at
    from customers
    inner join preferred_categories
        on customers.customer_id = preferred_categories.customer_id
    inner join preferred_brands
        on customers.customer_id = preferred_brands.customer_id

)

select * from final
