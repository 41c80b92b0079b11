-- Grain: one row per accepted event_id.
-- Nothing here may be summed: every event of an order repeats its quantity, prices and amounts.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key='event_id',
        skip_matched_step=true,
        meta={'removed_when': 'event_type is null'},
        liquid_clustered_by=['order_id'],
        post_hook="{{ save_run_state(event_time='occurred_at') }}",
    )
}}
{%- set unread = unread_messages() -%}
{%- set lookup_hint = '/*+ broadcast(staged_ids) */' if count_unread(unread) <= 5000000 else '' -%}
{%- set is_replay = unread_replays(unread) != [] -%}
{%- set is_taken = '(replayed_messages.event_hub is not null or '
    ~ is_unread(unreplayed(unread), 'staged_messages') ~ ')' if is_replay else 'true' %}
{{ run_note(
    unread,
    within='true' if is_replay else is_unread(unread, 'DBT_INTERNAL_DEST'),
) }}

with

{% if is_replay -%}
    -- The linter takes each branch alone, and finds in none what is used in another.
    replayed_messages as (  -- noqa: ST03

        {{ replayed_messages(unread) }}

    ),

{% endif -%}

staged as (

    select
        staged_messages.*,
        xxhash64(staged_messages.event_id) as event_id_hash,
        hash(staged_messages.event_id) as event_id_check
    from {{ ref('stg_orders__order_events') }} as staged_messages
    {% if is_replay -%}
        left join replayed_messages  -- noqa: ST11
            on
                staged_messages.event_hub = replayed_messages.event_hub
                and staged_messages.`partition` = replayed_messages.`partition`
                and staged_messages.`offset` = replayed_messages.`offset`
    {% endif -%}
    where
        staged_messages.rule_id is null
        and {{ is_unread(unread, 'staged_messages') }}
        and {{ is_taken }}

),

{% if is_incremental() -%}
    -- Rejected messages too: whether one breaks a rule would cost more to find out than the lookup.
    staged_ids as (

        select
            xxhash64(event_id) as event_id_hash,
            hash(event_id) as event_id_check
        from {{ ref('stg_orders__order_events') }}
        where
            event_id is not null
            and {{ is_unread(unread) }}

    ),

    -- All that a run reads of the whole history: ids are random, so that no file can be skipped. 96
    -- bits of hash are a third of the bytes of the ids, and half the time. Without the hint the
    -- history is sorted: how few the unread ids are, Spark cannot tell from the bodies they are in.
    held_copies as (

        select {{ lookup_hint }}
            held.event_id_hash,
            held.event_id_check
        from {{ this }} as held
        left semi join staged_ids
            on
                held.event_id_hash = staged_ids.event_id_hash
                and held.event_id_check = staged_ids.event_id_check
        {% if is_replay -%}
            left anti join replayed_messages
                on
                    held.event_hub = replayed_messages.event_hub
                    and held.`partition` = replayed_messages.`partition`
                    and held.`offset` = replayed_messages.`offset`
        {% endif -%}

    ),

{% endif -%}

first_copies as (

    select staged.*
    from staged
    {% if is_incremental() -%}
        left anti join held_copies
            on
                staged.event_id_hash = held_copies.event_id_hash
                and staged.event_id_check = held_copies.event_id_check
    {% endif -%}
    qualify
        row_number() over (
            partition by staged.event_id
            order by
                staged.ingest_batch_id, staged.`partition`, staged.`offset`, staged.event_hub
        ) = 1

),

{% if is_replay -%}
    replayed_events as (

        select held.event_id
        from {{ this }} as held
        left semi join replayed_messages
            on
                held.event_hub = replayed_messages.event_hub
                and held.`partition` = replayed_messages.`partition`
                and held.`offset` = replayed_messages.`offset`

    ),

    -- Without a type: the merge removes an event that no message tells of any more.
    told_events as (  -- noqa: ST03

        select
            coalesce(first_copies.event_id, replayed_events.event_id) as event_id,
            first_copies.* except (event_id)
        from first_copies
        full outer join replayed_events
            on first_copies.event_id = replayed_events.event_id

    ),

{% endif -%}

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
        event_id_hash,
        event_id_check,
        occurred_at,
        enqueued_at,
        ingested_at
    from {{ 'told_events' if is_replay else 'first_copies' }}

)

select * from final
