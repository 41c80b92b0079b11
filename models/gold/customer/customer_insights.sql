-- Grain: one row per customer with at least one order that counts.
-- average_order_value must not be summed or averaged: recompute it from lifetime_value and
-- order_count.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key='customer_id',
        matched_condition=rows_differ([
            'segment',
            'order_count',
            'item_count',
            'lifetime_value',
            'average_order_value',
            'first_order_at',
            'last_order_at',
        ]),
        not_matched_by_source_action='delete',
        tblproperties={'delta.enableDeletionVectors': 'true'},
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

final as (

    select
        customer_id,
        case
            when lifetime_value >= {{ var('customer_segment_high_from') }} then 'High'
            when lifetime_value >= {{ var('customer_segment_medium_from') }} then 'Medium'
            else 'Low'
        end as segment,
        order_count,
        item_count,
        lifetime_value,
        cast(round(lifetime_value / order_count, 2) as decimal(34, 2)) as average_order_value,
        first_order_at,
        last_order_at
    from customers

)

select * from final
