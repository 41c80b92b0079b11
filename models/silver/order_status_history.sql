-- Grain: one row per order_id and status the order moved to.
-- Nothing here may be summed.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key=['order_id', 'order_status'],
        meta={'removed_when': 'changed_at is null'},
        liquid_clustered_by=['order_id'],
        post_hook="{{ save_run_state() }}",
    )
}}
{%- set unread = unread_events() -%}
{%- set touched = key_ranges(touched_orders(unread)) %}
{{ run_note(unread, within=is_within(touched, 'DBT_INTERNAL_DEST.order_id')) }}

with

order_events as (

    select
        *,
        {{ status_rank('order_status') }} as status_rank
    from {{ ref('order_events') }}
    where {{ is_within(touched, 'order_id') }}

),

{% if is_incremental() -%}
    touched_orders as (

        {{ touched_orders(unread) }}

    ),

{% endif -%}

events_in_order as (

    select
        order_events.order_id,
        order_events.event_id,
        order_events.order_status,
        order_events.occurred_at,
        order_events.status_rank,
        max(order_events.status_rank) over (
            partition by order_events.order_id
            order by order_events.occurred_at, order_events.status_rank, order_events.event_id
            rows between unbounded preceding and 1 preceding
        ) as rank_before
    from order_events
    {% if is_incremental() -%}
        left semi join touched_orders
            on order_events.order_id = touched_orders.order_id
    {% endif -%}

),

changes as (

    select *
    from events_in_order
    where status_rank > coalesce(rank_before, 0)

),

-- The rank only rises from change to change: it alone puts them in order.
numbered as (

    select
        order_id,
        event_id,
        order_status,
        occurred_at as changed_at,
        lag(order_status) over (partition by order_id order by status_rank) as previous_status,
        row_number() over (partition by order_id order by status_rank) as sequence_number,
        lead(occurred_at) over (partition by order_id order by status_rank) as ended_at
    from changes

),

{% if is_incremental() -%}
    statuses as (

        select explode(split('{{ var("order_statuses") | join(" ") }}', ' ')) as order_status

    ),

{% endif -%}

-- An event that arrives late can show that what looked like a change was none: such a status has no
-- time, and the merge removes it.
final as (

    {% if is_incremental() -%}
        select
            touched_orders.order_id,
            statuses.order_status,
            numbered.event_id,
            numbered.previous_status,
            numbered.sequence_number,
            numbered.changed_at is not null and numbered.ended_at is null as is_current,
            numbered.changed_at,
            numbered.ended_at
        from touched_orders
        cross join statuses
        left join numbered
            on
                touched_orders.order_id = numbered.order_id
                and statuses.order_status = numbered.order_status
    {%- else -%}
        select
            order_id,
            order_status,
            event_id,
            previous_status,
            sequence_number,
            ended_at is null as is_current,
            changed_at,
            ended_at
        from numbered
    {%- endif %}

)

select * from final
