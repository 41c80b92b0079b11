{{ config(tags=['nightly'], severity='warn') }}

-- What may be missing by the contract, and what is quarantined when it is, is no news.
with

drift as (

    select * from {{ ref('order_event_drift') }}

),

latest as (

    select max(enqueued_at) as latest_at
    from {{ ref('order_events') }}

)

select
    drift.event_hub,
    drift.`partition`,
    drift.field_name,
    drift.drift_kind,
    drift.json_type,
    drift.first_offset,
    drift.message_count,
    drift.first_seen_at
from drift
cross join latest
where
    drift.first_seen_at
    > latest.latest_at - interval '{{ var("drift_is_new_for_hours") }}' hour
    and (
        drift.drift_kind <> 'missing'
        or drift.field_name not in (
            'event_id',
            'event_type',
            'schema_version',
            'occurred_at',
            'order_id',
            'customer_id',
            'product_id',
            'base_price',
            'unit_price',
            'quantity',
            'discount_pct',
            'order_status'
        )
    )
