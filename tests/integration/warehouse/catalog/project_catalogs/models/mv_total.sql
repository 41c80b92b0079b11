{{ config(materialized='materialized_view') }}

select sum(amount) as total
from {{ ref('orders') }}
