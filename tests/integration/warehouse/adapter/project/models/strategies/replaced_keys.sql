{{ config(incremental_strategy='delete+insert', unique_key='order_id') }}

select order_id, state, amount from {{ ref('stg_orders') }}
