-- Grain: one row per sales_date on which an order that counts was placed or refunded.
-- average_order_value must not be summed; recompute it from revenue and order_count.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key='sales_date',
        meta={'removed_when': 'order_count is null'},
        tblproperties={'delta.enableDeletionVectors': 'true'},
        post_hook="{{ save_run_state() }}",
    )
}}
{%- set unread = unread_amounts() -%}
{%- set touched_query -%}
    select distinct cast(bookings.booked_at as date) as sales_date
    from ({{ touched_bookings(unread) }}) as bookings
{%- endset -%}
{%- set touched = booked_ranges(touched_query, 'date') %}
{{ run_note(unread, within=is_within(touched, 'DBT_INTERNAL_DEST.sales_date')) }}

with

order_amounts as (

    select * from {{ ref('order_amounts') }}
    where
        cancelled_order_count = 0
        and {{ is_within(touched, 'booked_date') }}

),

{% if is_incremental() -%}
    touched_dates as (

        {{ touched_query }}

    ),

{% endif -%}

bookings as (

    select
        order_count,
        item_count,
        gross_amount,
        discount_amount,
        refunded_amount,
        net_amount,
        booked_date as sales_date
    from order_amounts
    {% if is_incremental() -%}
        -- Adds nothing: a date that every booking has left ends up without numbers, and is removed.
        union all
        select
            null as order_count,
            null as item_count,
            null as gross_amount,
            null as discount_amount,
            null as refunded_amount,
            null as net_amount,
            sales_date
        from {{ this }}
        where {{ is_within(touched, 'sales_date') }}
    {% endif -%}

),

days as (

    select
        bookings.sales_date,
        sum(bookings.order_count) as order_count,
        sum(bookings.item_count) as item_count,
        sum(bookings.gross_amount) as gross_amount,
        sum(bookings.discount_amount) as discount_amount,
        sum(bookings.refunded_amount) as refunded_amount,
        sum(bookings.net_amount) as revenue
    from bookings
    {% if is_incremental() -%}
        left semi join touched_dates
            on bookings.sales_date = touched_dates.sales_date
    {% endif -%}
    group by bookings.sales_date

),

final as (

    select
        sales_date,
        order_count,
        item_count,
        gross_amount,
        discount_amount,
        refunded_amount,
        revenue,
        {{ average_amount('revenue', 'order_count') }} as average_order_value
    from days

)

select * from final
