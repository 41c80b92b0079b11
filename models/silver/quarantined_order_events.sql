-- Grain: one row per rejected message, at its position in the event hub.
-- Rows count messages, not orders: a sender that retries adds a row each time.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key=['event_hub', 'partition', 'offset'],
        skip_matched_step=true,
        post_hook="{{ save_run_state() }}",
    )
}}
{%- set unread = unread_messages() %}
{{ run_note(unread, within=is_unread(unread, 'DBT_INTERNAL_DEST')) }}

with

staged as (

    select * from {{ ref('stg_orders__order_events') }}
    where {{ is_unread(unread) }}

),

rejected as (

    select *
    from staged
    where rule_id is not null

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
