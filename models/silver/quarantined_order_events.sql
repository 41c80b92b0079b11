-- Grain: one row per rejected message, at its position in the event hub.
-- Rows count messages, not orders: a sender that retries adds a row each time.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key=['event_hub', 'partition', 'offset'],
        skip_matched_step=true,
        meta={'removed_when': 'rule_id is null'},
        post_hook="{{ save_run_state() }}",
    )
}}
{%- set unread = unread_messages() -%}
{%- set is_replay = unread_replays(unread) != [] -%}
{%- set is_taken = 'staged.rule_id is not null' if not is_replay
    else '(replayed_messages.event_hub is not null or staged.rule_id is not null and '
    ~ is_unread(unreplayed(unread), 'staged') ~ ')' %}
{{ run_note(unread, within=is_unread(unread, 'DBT_INTERNAL_DEST')) }}

with

{% if is_replay -%}
    -- The linter takes each branch alone, and finds in none what is used in another.
    replayed_messages as (  -- noqa: ST03

        {{ replayed_messages(unread) }}

    ),

{% endif -%}

staged as (

    select * from {{ ref('stg_orders__order_events') }}
    where {{ is_unread(unread) }}

),

-- Without a rule: the merge removes a message that reads well when it is replayed.
rejected as (

    select staged.*
    from staged
    {% if is_replay -%}
        left join replayed_messages  -- noqa: ST11
            on
                staged.event_hub = replayed_messages.event_hub
                and staged.`partition` = replayed_messages.`partition`
                and staged.`offset` = replayed_messages.`offset`
    {% endif -%}
    where {{ is_taken }}

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
