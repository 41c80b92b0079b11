-- Grain: one row per correction of a landed message, entered by hand with INSERT.
-- Rows count corrections, not messages: of several of one message the latest counts.
-- Selects nothing: dbt makes the table and never writes or empties it.
{{
    config(
        materialized='incremental',
        incremental_strategy='by_hand',
        unique_key=['event_hub', 'partition', 'offset', 'corrected_at'],
        on_schema_change='append_new_columns',
        full_refresh=false,
        tblproperties={'delta.appendOnly': 'true'},
    )
}}

with

final as (

    select
        cast(null as string) as event_hub,
        cast(null as int) as `partition`,
        cast(null as bigint) as `offset`,
        cast(null as string) as corrected_by,
        cast(null as string) as note,
        cast(null as binary) as corrected_body,
        cast(null as timestamp) as corrected_at
    where false

)

select * from final
