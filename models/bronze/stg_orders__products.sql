-- Grain: one row per product_id seen in a valid event.
-- base_price is a list price: it must not be summed.
-- A table, not a view: the snapshot and the tests read it several times, and would each parse
-- all of bronze. Recomputed whole and merged, so that a run without news changes no row.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key='product_id',
        not_matched_by_source_action='delete',
        on_schema_change='fail',
        tblproperties={'delta.enableDeletionVectors': 'true'},
    )
}}

with

valid_messages as (

    select * from {{ ref('stg_orders__order_events') }}
    where rule_id is null

),

-- Of copies that say different things only the first to arrive is an event, as in order_events.
order_events as (

    select * from valid_messages
    qualify
        row_number() over (
            partition by event_id
            order by ingest_batch_id, `partition`, `offset`, event_hub
        ) = 1

),

-- Later events of an order repeat what was sold, at the list price of that day: they speak of the
-- product only while no placement does.
telling_events as (

    select * from order_events
    qualify
        event_type = 'order_placed'
        or not bool_or(event_type = 'order_placed') over (partition by product_id)

),

-- An attribute that one event lacks keeps the value of the event before.
carried_forward as (

    select
        product_id,
        event_id,
        {% for attribute in ['product_name', 'category', 'brand', 'base_price'] -%}
            last_value({{ attribute }}) ignore nulls over (
                partition by product_id
                order by occurred_at, event_id
                rows between unbounded preceding and current row
            ) as {{ attribute }},
        {% endfor -%}
        occurred_at
    from telling_events

),

compared as (

    select
        *,
        struct(product_name, category, brand, base_price) as product_attributes,
        lag(struct(product_name, category, brand, base_price)) over (
            partition by product_id
            order by occurred_at, event_id
        ) as attributes_before
    from carried_forward

),

final as (

    select
        product_id,
        max_by(product_name, struct(occurred_at, event_id)) as product_name,
        max_by(category, struct(occurred_at, event_id)) as category,
        max_by(brand, struct(occurred_at, event_id)) as brand,
        max_by(base_price, struct(occurred_at, event_id)) as base_price,
        max(occurred_at) filter (
            where product_attributes is distinct from attributes_before
        ) as last_changed_at
    from compared
    group by product_id

)

select * from final
