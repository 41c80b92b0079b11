{{ config(incremental_strategy='replace_where', incremental_predicates=["state = 'CA'"]) }}

select order_id, amount, state from {{ ref('stg_orders') }}
{% if is_incremental() %}
where state = 'CA'
{% endif %}
