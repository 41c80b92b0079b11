{{ config(tags=['nightly']) }}

with

restatements as (

    select * from {{ ref('minute_restatements') }}

),

minutes as (

    select
        'state' as dimension,
        state as dimension_value,
        order_count,
        total_items,
        total_sales,
        refunded_amount,
        is_final,
        minute_at
    from {{ ref('sales_by_state_minute') }}
    union all
    select
        'product' as dimension,
        product_id as dimension_value,
        order_count,
        total_items,
        total_sales,
        refunded_amount,
        is_final,
        minute_at
    from {{ ref('sales_by_product_minute') }}

),

-- What the next batch found; after the last one, what the mart holds.
successors as (

    select
        restatements.dimension,
        restatements.dimension_value,
        restatements.ingest_batch_id,
        restatements.new_order_count,
        restatements.new_total_items,
        restatements.new_total_sales,
        restatements.new_refunded_amount,
        restatements.minute_at,
        coalesce(minutes.is_final, true) as is_still_final,
        coalesce(
            lead(restatements.old_order_count) over later, minutes.order_count, 0
        ) as next_order_count,
        coalesce(
            lead(restatements.old_total_items) over later, minutes.total_items, 0
        ) as next_total_items,
        coalesce(
            lead(restatements.old_total_sales) over later, minutes.total_sales, 0
        ) as next_total_sales,
        coalesce(
            lead(restatements.old_refunded_amount) over later, minutes.refunded_amount, 0
        ) as next_refunded_amount
    from restatements
    left join minutes
        on
            restatements.dimension = minutes.dimension
            and restatements.dimension_value = minutes.dimension_value
            and restatements.minute_at = minutes.minute_at
    window later as (
        partition by
            restatements.dimension, restatements.dimension_value, restatements.minute_at
        order by restatements.ingested_at, restatements.ingest_batch_id
    )

)

select *
from successors
where
    not is_still_final
    or new_order_count <> next_order_count
    or new_total_items <> next_total_items
    or new_total_sales <> next_total_sales
    or new_refunded_amount <> next_refunded_amount
