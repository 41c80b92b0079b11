{{ config(
    materialized='incremental',
    unique_key='order_id',
    incremental_strategy='merge',
    databricks_tags={'layer': 'gold'}
) }}

select
    order_id,
    amount,
    '{{ target.name }}' as built_in
from {{ ref('stg_orders') }}
{% if is_incremental() %}
    where order_id > (select max(already.order_id) from {{ this }} as already)
{% endif %}
