{{ config(incremental_strategy='append', on_schema_change='append_new_columns') }}

select order_id, amount {% if var('more', false) %}, 'new' as channel {% endif %}
from {{ ref('stg_orders') }}
{% if is_incremental() %}
where order_id not in (select order_id from {{ this }})
{% endif %}
