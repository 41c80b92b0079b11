-- Grain: one row per accepted event_id.
-- Nothing here may be summed: every event of an order repeats its quantity, prices and amounts.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key='event_id',
        skip_matched_step=true,
        liquid_clustered_by=['order_id'],
    )
}}

with

staged as (

    select * from {{ ref('stg_orders__order_events') }}
    where
        rule_id is null
        and {{ is_beyond_cursor() }}

),

first_copies as (

    select *
    from staged
    qualify
        row_number() over (
            partition by event_id
            order by ingest_batch_id, `partition`, `offset`, event_hub
        ) = 1

),

final as (

    select
        event_id,
        order_id,
        customer_id,
        product_id,
        event_type,
        substring(event_type, length('order_') + 1) as order_status,
        customer_name,
        customer_email,
        city,
        state,
        product_name,
        category,
        brand,
        payment_method,
        unknown_fields,
        event_hub,
        schema_version,
        quantity,
        base_price,
        unit_price,
        discount_pct,
        total_amount as reported_total_amount,
        `partition`,
        `offset`,
        ingest_batch_id,
        occurred_at,
        enqueued_at
    from first_copies

)

select * from final
