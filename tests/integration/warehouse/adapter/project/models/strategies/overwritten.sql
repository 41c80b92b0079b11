{{ config(incremental_strategy='insert_overwrite', partition_by=['state']) }}

select order_id, amount, state from {{ ref('stg_orders') }}
