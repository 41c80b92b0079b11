-- Grain: one row per replay and message that it reads again.
-- Rows count readings, not messages: one that is replayed twice has two rows.
-- Selects nothing: `dbt run-operation replay_quarantine` writes the rows, and nothing empties it.
{{
    config(
        materialized='incremental',
        incremental_strategy='by_hand',
        unique_key=['replay_number', 'event_hub', 'partition', 'offset'],
        on_schema_change='append_new_columns',
        full_refresh=false,
        tblproperties={'delta.appendOnly': 'true'},
    )
}}

with

final as (

    select
        cast(null as int) as replay_number,
        cast(null as string) as event_hub,
        cast(null as int) as `partition`,
        cast(null as bigint) as `offset`,
        cast(null as string) as rule_id,
        cast(null as string) as former_order_id,
        cast(null as string) as former_product_id,
        cast(null as timestamp) as former_occurred_at,
        cast(null as timestamp) as replayed_at
    where false

)

select * from final
