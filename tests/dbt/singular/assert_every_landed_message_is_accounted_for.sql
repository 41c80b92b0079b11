{{ config(tags=['nightly']) }}

with

ledger as (

    select * from {{ ref('order_event_ledger') }}

),

partitions as (

    select
        concat(event_hub, '/', cast(`partition` as string)) as scope,
        landed_count,
        accepted_count,
        duplicate_count,
        quarantined_count,
        pending_count
    from ledger
    where not is_balanced

),

total as (

    select
        'total' as scope,
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

select * from partitions
union all
select total.*
from total
cross join held
where
    total.accepted_count <> held.accepted_count
    or total.quarantined_count <> held.quarantined_count
    or total.landed_count
    <> total.accepted_count
    + total.duplicate_count
    + total.quarantined_count
    + total.pending_count
