{{ config(materialized='materialized_view') }}

select
    state,
    sum(amount) as amount,
    count(*) as order_count
from {{ ref('orders') }}
group by state
