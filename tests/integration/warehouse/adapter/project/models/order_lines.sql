{{ config(materialized='table', auto_liquid_cluster=true) }}

select order_id, 1 as line, {{ function('doubled') }}(amount) as amount
from {{ ref('orders') }}
