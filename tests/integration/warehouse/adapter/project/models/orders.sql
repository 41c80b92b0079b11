{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='order_id',
    on_schema_change='fail',
    liquid_clustered_by=['order_id'],
    tblproperties={'delta.enableRowTracking': 'true'},
    databricks_tags={'layer': 'silver'},
    matched_condition='DBT_INTERNAL_DEST.updated_at < DBT_INTERNAL_SOURCE.updated_at',
) }}

select order_id, state, amount, updated_at
from {{ ref('stg_orders') }}
{% if is_incremental() %}
where updated_at > (select max(updated_at) from {{ this }})
{% endif %}
