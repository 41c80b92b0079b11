-- Grain: one row per state and minute in which an order that counts was placed or refunded.
-- Every number adds up.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key=['state', 'minute_at'],
        meta={'removed_when': 'order_count is null'},
        liquid_clustered_by=['minute_at'],
        tblproperties={'delta.enableDeletionVectors': 'true'},
        post_hook="{{ save_run_state() }}",
    )
}}
{%- set unread = unread_amounts() -%}
{%- set now = latest_occurred_at() -%}
{%- set touched_query = touched_minutes(unread, now) -%}
{%- set touched = booked_ranges(touched_query) %}
{{ run_note(
    unread,
    within=is_within(touched, 'DBT_INTERNAL_DEST.minute_at'),
    latest_occurred_at=now,
) }}

with

order_amounts as (

    select * from {{ ref('order_amounts') }}
    where
        cancelled_order_count = 0
        and {{ is_within_minutes(touched, 'booked_at') }}

),

{% if is_incremental() -%}
    touched_minutes as (

        {{ touched_query }}

    ),

{% endif -%}

bookings as (

    select
        state,
        order_count,
        item_count,
        gross_amount - discount_amount as sales_amount,
        refunded_amount,
        net_amount,
        date_trunc('minute', booked_at) as minute_at
    from order_amounts
    {% if is_incremental() -%}
        -- Adds nothing: a row that every booking has left ends up without numbers, and is removed.
        union all
        select
            state,
            null as order_count,
            null as item_count,
            null as sales_amount,
            null as refunded_amount,
            null as net_amount,
            minute_at
        from {{ this }}
        where {{ is_within(touched, 'minute_at') }}
    {% endif -%}

),

minutes as (

    select
        bookings.state,
        bookings.minute_at,
        sum(bookings.order_count) as order_count,
        sum(bookings.item_count) as total_items,
        sum(bookings.sales_amount) as total_sales,
        sum(bookings.refunded_amount) as refunded_amount,
        sum(bookings.net_amount) as revenue
    from bookings
    {% if is_incremental() -%}
        left semi join touched_minutes
            on bookings.minute_at = touched_minutes.minute_at
    {% endif -%}
    group by bookings.state, bookings.minute_at

),

final as (

    select
        state,
        order_count,
        total_items,
        cast(total_sales as decimal(34, 2)) as total_sales,
        refunded_amount,
        revenue,
        minute_at <= {{ last_final_minute('timestamp' ~ literal(now)) }} as is_final,
        minute_at
    from minutes

)

select * from final
