-- Grain: one row per rejected message, at its position in the event hub.
-- Rows count messages, not orders: a sender that retries adds a row each time.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge',
        unique_key=['event_hub', 'partition', 'offset'],
        skip_matched_step=true,
    )
}}

with

staged as (

    select * from {{ ref('stg_orders__order_events') }}
    where
        rule_id is not null
        and {{ is_beyond_cursor() }}

),

final as (

    select
        event_hub,
        `partition`,
        `offset`,
        rule_id,
        reason,
        body,
        enqueued_at,
        ingested_at
    from staged

)

select * from final
