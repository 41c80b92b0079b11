-- Grain: one row per hub, partition, field, kind of drift and type in JSON.
-- message_count adds up over partitions, not over fields: one message can depart in several.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key=['event_hub', 'partition', 'field_name', 'drift_kind', 'json_type'],
        post_hook="{{ save_run_state() }}",
    )
}}
{#- A correction does not change what was sent: replays are none of its business. -#}
{%- set unread = unreplayed(unread_messages()) %}
{{ run_note(unread) }}

with

staged as (

    select * from {{ ref('stg_orders__order_events') }}
    where {{ is_unread(unread) }}

),

departures as (

    select
        event_hub,
        `partition`,
        `offset`,
        enqueued_at,
        inline(drift) as (field_name, drift_kind, json_type)
    from staged

),

-- A row knows up to where it has counted: a run that is repeated counts nothing twice.
unread_departures as (

    {% if is_incremental() -%}
        select
            departures.*,
            held.first_offset as held_first_offset,
            held.message_count as held_message_count,
            held.first_seen_at as held_first_seen_at
        from departures
        left join {{ this }} as held
            on
                departures.event_hub = held.event_hub
                and departures.`partition` = held.`partition`
                and departures.field_name = held.field_name
                and departures.drift_kind = held.drift_kind
                and departures.json_type = held.json_type
        where departures.`offset` > coalesce(held.last_offset, -1)
    {%- else -%}
        select
            *,
            cast(null as bigint) as held_first_offset,
            cast(null as bigint) as held_message_count,
            cast(null as timestamp) as held_first_seen_at
        from departures
    {%- endif %}

),

final as (

    select
        event_hub,
        `partition`,
        field_name,
        drift_kind,
        json_type,
        coalesce(min(held_first_offset), min(`offset`)) as first_offset,
        max(`offset`) as last_offset,
        count(*) + coalesce(min(held_message_count), 0) as message_count,
        coalesce(min(held_first_seen_at), min_by(enqueued_at, `offset`)) as first_seen_at,
        max_by(enqueued_at, `offset`) as last_seen_at
    from unread_departures
    group by event_hub, `partition`, field_name, drift_kind, json_type

)

select * from final
