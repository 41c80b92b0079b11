-- Grain: one row per brand and category with at least one order that counts.
-- customer_count must not be summed: a customer who buys two brands counts in both rows.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key=['brand', 'category'],
        not_matched_by_source_action='delete',
        tblproperties={'delta.enableDeletionVectors': 'true'},
    )
}}

with

order_details as (

    select * from {{ ref('order_details') }}
    where is_in_revenue

),

final as (

    select
        {{ or_unknown('brand') }} as brand,
        {{ or_unknown('category') }} as category,
        count(*) as order_count,
        count(distinct customer_id) as customer_count,
        sum(quantity) as item_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(refunded_amount) as refunded_amount,
        sum(net_amount) as revenue
    from order_details
    group by {{ or_unknown('brand') }}, {{ or_unknown('category') }}

)

select * from final
