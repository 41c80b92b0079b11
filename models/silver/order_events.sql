-- Grain: one row per accepted event_id.
-- Nothing here may be summed: every event of an order repeats its quantity, prices and amounts.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key='event_id',
        skip_matched_step=true,
        liquid_clustered_by=['order_id'],
        post_hook="{{ save_run_state(event_time='occurred_at') }}",
    )
}}
{%- set unread = unread_messages() -%}
{%- set lookup_hint = '/*+ broadcast(staged_ids) */' if count_unread(unread) <= 5000000 else '' %}
{{ run_note(unread, within=is_unread(unread, 'DBT_INTERNAL_DEST')) }}

with

staged as (

    select
        *,
        xxhash64(event_id) as event_id_hash,
        hash(event_id) as event_id_check
    from {{ ref('stg_orders__order_events') }}
    where
        rule_id is null
        and {{ is_unread(unread) }}

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
    from first_copies

)

select * from final
