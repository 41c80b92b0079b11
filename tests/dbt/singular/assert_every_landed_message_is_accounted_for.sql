{{ config(tags=['nightly']) }}

with

ledger as (

    select * from {{ ref('order_event_ledger') }}

),

unbalanced as (

    select
        concat(event_hub, '/', cast(`partition` as string)) as place,
        landed_count,
        accepted_count,
        duplicate_count,
        quarantined_count,
        pending_count
    from ledger
    where not is_balanced

),

totals as (

    select
        'total' as place,
        sum(landed_count) as landed_count,
        sum(accepted_count) as accepted_count,
        sum(duplicate_count) as duplicate_count,
        sum(quarantined_count) as quarantined_count,
        sum(pending_count) as pending_count
    from ledger

),

-- What silver holds in all, positions that never landed included.
held as (

    select
        (select count(*) from {{ ref('order_events') }}) as accepted_count,
        (select count(*) from {{ ref('quarantined_order_events') }}) as quarantined_count

)

select * from unbalanced
union all
select totals.*
from totals
cross join held
where
    totals.accepted_count <> held.accepted_count
    or totals.quarantined_count <> held.quarantined_count
    or totals.landed_count
    <> totals.accepted_count
    + totals.duplicate_count
    + totals.quarantined_count
    + totals.pending_count
