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
    where {{ is_beyond_cursor() }}

),

order_events as (

    select * from {{ ref('order_events') }}

),

-- Rejected messages are rare, so the cursor lags. What was accepted since is not parsed again: the
-- optimizer moves this condition below the parsing, which it does not do with an anti join.
rejected as (

    select *
    from staged
    where
        rule_id is not null
        and not exists (
            select 1
            from order_events
            where
                order_events.event_hub = staged.event_hub
                and order_events.`partition` = staged.`partition`
                and order_events.`offset` = staged.`offset`
        )

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
    from rejected

)

select * from final
