{{ config(tags=['nightly']) }}

-- A partition of which silver holds rows that never landed is in the ledger too, out of balance.
select
    event_hub,
    `partition`,
    landed_count,
    accepted_count,
    duplicate_count,
    quarantined_count,
    pending_count
from {{ ref('order_event_ledger') }}
where not is_balanced
