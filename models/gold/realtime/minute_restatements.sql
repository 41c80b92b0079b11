-- Grain: one row per dimension, its value, minute and micro-batch that moved the minute once final.
-- What a row changes, new less old, adds up; old and new numbers themselves must not be summed.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key=[
            'dimension', 'dimension_value', 'ingest_batch_id', 'minute_at', 'ingested_at',
        ],
        meta={'removed_when': 'latest_occurred_at is null'},
        liquid_clustered_by=['ingested_at'],
        tblproperties={'delta.enableDeletionVectors': 'true'},
        post_hook="{{ save_run_state() }}",
    )
}}
{%- set positions = unread_amounts() -%}
{#- A replay changes what earlier batches brought, and with it every number after them. -#}
{%- set is_replay = unread_replays(positions) != [] -%}
{%- set unread = from_the_beginning(positions) if is_replay else positions -%}
{%- set span = unread_span(unread) -%}
{%- set latest_before = 'timestamp' ~ literal(span['latest_before'])
    if span['latest_before'] else 'cast(null as timestamp)' -%}
{%- set latest = 'timestamp' ~ literal(span['latest_occurred_at']) -%}
{%- set touched = key_ranges(rebooked_orders(unread)) -%}
{#- What may have moved: minutes in which such orders were ever booked and that are final now. -#}
{%- set closed_query -%}
    select distinct date_trunc('minute', bookings.booked_at) as minute_at
    from ({{ touched_bookings(unread) }}) as bookings
    where
        date_trunc('minute', bookings.booked_at) <= {{ last_final_minute(latest) }}
{%- endset -%}
{%- set closed = booked_ranges(closed_query) -%}
{%- set within = 'true' if is_replay else 'DBT_INTERNAL_DEST.ingested_at >= timestamp'
    ~ literal(span['first_ingested_at']) %}
{{ run_note(unread, within=within, latest_occurred_at=span['latest_occurred_at']) }}

with

order_events as (

    select
        *,
        struct(ingested_at, ingest_batch_id) as arrival
    from {{ ref('order_events') }}
    where
        {{ is_read(unread) }}
        and {{ is_within(touched, 'order_id') }}

),

unread_events as (

    select
        ingest_batch_id,
        occurred_at,
        ingested_at
    from {{ ref('order_events') }}
    where
        {{ is_read(unread) }}
        and {{ is_unread(unread) }}

),

order_amounts as (

    select
        *,
        date_trunc('minute', booked_at) as minute_at
    from {{ ref('order_amounts') }}
    where
        cancelled_order_count = 0
        and {{ is_within_minutes(closed, 'booked_at') }}

),

rebooked_orders as (

    {{ rebooked_orders(unread) }}

),

unread_batches as (

    select
        ingest_batch_id,
        ingested_at,
        max(occurred_at) as latest_occurred_at
    from unread_events
    group by ingest_batch_id, ingested_at

),

-- What was "now" when a batch arrived; nothing before the first one. greatest() passes over nulls.
batches as (

    select
        ingest_batch_id,
        ingested_at,
        greatest(
            {{ latest_before }},
            max(latest_occurred_at) over (
                order by ingested_at, ingest_batch_id
                rows between unbounded preceding and 1 preceding
            )
        ) as latest_occurred_at
    from unread_batches

),

-- An order can have moved with each batch that brought one of these: nothing else moves amounts.
events as (

    select
        order_events.*,
        collect_set(
            case
                when order_events.order_status in ('placed', 'cancelled', 'returned')
                    then order_events.arrival
            end
        ) over (partition by order_events.order_id) as arrivals
    from order_events
    {% if is_incremental() -%}
        left semi join rebooked_orders
            on order_events.order_id = rebooked_orders.order_id
    {% endif -%}

),

known_events as (

    select
        *,
        explode(filter(arrivals, later -> later >= arrival)) as known_since
    from events

),

-- Each order as it was known once a batch had arrived.
known_orders as (

    {{ orders_from_events('known_events', ['order_id', 'known_since']) }}

),

order_versions as (

    select
        *,
        lead(known_since) over (
            partition by order_id
            order by known_since
        ) as known_until
    from known_orders

),

-- The sale and the refund that order_amounts would have held.
bookings as (

    select
        state,
        product_id,
        known_since,
        known_until,
        inline(
            array(
                struct(
                    is_in_revenue as is_booked,
                    1 as order_count,
                    quantity as total_items,
                    total_amount as total_sales,
                    cast(0 as decimal(24, 2)) as refunded_amount,
                    date_trunc('minute', placed_at) as minute_at
                ),
                struct(
                    is_in_revenue and order_status = 'returned' as is_booked,
                    0 as order_count,
                    0 as total_items,
                    cast(0 as decimal(24, 2)) as total_sales,
                    refunded_amount,
                    date_trunc('minute', returned_at) as minute_at
                )
            )
        ) as (
            is_booked, order_count, total_items, total_sales, refunded_amount, minute_at
        )
    from order_versions

),

-- The batch that brings a version books it, and the batch that brings the next takes it back.
entries as (

    select
        *,
        inline(
            array(
                struct(known_since as arrival, 1 as factor),
                struct(known_until as arrival, -1 as factor)
            )
        ) as (arrival, factor)
    from bookings
    where
        is_booked
        and {{ is_within(closed, 'minute_at') }}

),

entries_by_dimension as (

    select
        *,
        inline(
            array(
                struct('state' as dimension, state as dimension_value),
                struct('product' as dimension, product_id as dimension_value)
            )
        ) as (dimension, dimension_value)
    from entries

),

changes as (

    select
        dimension,
        dimension_value,
        minute_at,
        arrival,
        sum(order_count * factor) as order_count,
        sum(total_items * factor) as total_items,
        sum(total_sales * factor) as total_sales,
        sum(refunded_amount * factor) as refunded_amount
    from entries_by_dimension
    group by dimension, dimension_value, minute_at, arrival

),

unread_changes as (

    select
        changes.*,
        batches.ingest_batch_id,
        batches.latest_occurred_at,
        batches.ingested_at
    from changes
    inner join batches
        on
            changes.arrival.ingested_at = batches.ingested_at
            and changes.arrival.ingest_batch_id = batches.ingest_batch_id

),

-- With what batches after this one changed.
ordered_changes as (

    select
        *,
        coalesce(sum(order_count) over later, 0) as later_order_count,
        coalesce(sum(total_items) over later, 0) as later_total_items,
        coalesce(sum(total_sales) over later, 0) as later_total_sales,
        coalesce(sum(refunded_amount) over later, 0) as later_refunded_amount
    from unread_changes
    window later as (
        partition by dimension, dimension_value, minute_at
        order by ingested_at, ingest_batch_id
        rows between 1 following and unbounded following
    )

),

restatements as (

    select *
    from ordered_changes
    where
        minute_at <= {{ last_final_minute('latest_occurred_at') }}
        and (order_count <> 0 or total_items <> 0 or total_sales <> 0 or refunded_amount <> 0)

),

amounts_by_dimension as (

    select
        *,
        inline(
            array(
                struct('state' as dimension, state as dimension_value),
                struct('product' as dimension, product_id as dimension_value)
            )
        ) as (dimension, dimension_value)
    from order_amounts

),

minutes as (

    select
        dimension,
        dimension_value,
        minute_at,
        sum(order_count) as order_count,
        sum(item_count) as total_items,
        sum(gross_amount) - sum(discount_amount) as total_sales,
        sum(refunded_amount) as refunded_amount
    from amounts_by_dimension
    group by dimension, dimension_value, minute_at

),

-- From what the minute is now, back through the batches: orders that stayed are not read again.
restated as (

    select
        restatements.*,
        coalesce(minutes.order_count, 0) - restatements.later_order_count as new_order_count,
        coalesce(minutes.total_items, 0) - restatements.later_total_items as new_total_items,
        coalesce(minutes.total_sales, 0) - restatements.later_total_sales as new_total_sales,
        coalesce(minutes.refunded_amount, 0)
        - restatements.later_refunded_amount as new_refunded_amount
    from restatements
    left join minutes
        on
            restatements.dimension = minutes.dimension
            and restatements.dimension_value = minutes.dimension_value
            and restatements.minute_at = minutes.minute_at

),

compared as (

    select
        *,
        new_order_count - order_count as old_order_count,
        new_total_items - total_items as old_total_items,
        new_total_sales - total_sales as old_total_sales,
        new_refunded_amount - refunded_amount as old_refunded_amount
    from restated

),

{% if is_replay -%}
    -- Without a "now": the merge removes what is no restatement any more.
    told as (

        select
            dimension,
            dimension_value,
            ingest_batch_id,
            minute_at,
            ingested_at
        from compared
        union distinct
        select
            dimension,
            dimension_value,
            ingest_batch_id,
            minute_at,
            ingested_at
        from {{ this }}

    ),

    -- (The linter takes each branch alone.)
    told_restatements as (  -- noqa: ST03

        select
            told.*,
            compared.* except (
                dimension, dimension_value, ingest_batch_id, minute_at, ingested_at
            )
        from told
        left join compared
            on
                told.dimension = compared.dimension
                and told.dimension_value = compared.dimension_value
                and told.ingest_batch_id = compared.ingest_batch_id
                and told.minute_at = compared.minute_at
                and told.ingested_at = compared.ingested_at

    ),

{% endif -%}

final as (

    select
        dimension,
        dimension_value,
        ingest_batch_id,
        old_order_count,
        new_order_count,
        old_total_items,
        new_total_items,
        cast(old_total_sales as decimal(34, 2)) as old_total_sales,
        cast(new_total_sales as decimal(34, 2)) as new_total_sales,
        cast(old_refunded_amount as decimal(34, 2)) as old_refunded_amount,
        cast(new_refunded_amount as decimal(34, 2)) as new_refunded_amount,
        cast(old_total_sales - old_refunded_amount as decimal(34, 2)) as old_revenue,
        cast(new_total_sales - new_refunded_amount as decimal(34, 2)) as new_revenue,
        minute_at,
        latest_occurred_at,
        ingested_at
    from {{ 'told_restatements' if is_replay else 'compared' }}

)

select * from final
