{{ config(
    incremental_strategy='merge',
    unique_key='order_id',
    on_schema_change='sync_all_columns',
    tblproperties={'delta.columnMapping.mode': 'name'},
    row_filter={'function': 'keep_all', 'columns': ['state']},
    grants={'select': ['users']},
    pre_hook="select 'before {{ this }}' as told",
    post_hook="select 'after {{ this }}' as told",
) }}

select order_id, state {% if var('more', false) %}, cast(amount as decimal(14, 2)) as amount_usd {% else %}, amount {% endif %}
from {{ ref('stg_orders') }}
