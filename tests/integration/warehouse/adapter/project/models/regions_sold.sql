{{ config(materialized='table') }}

select
    regions.code,
    regions.name,
    coalesce(sum(orders.amount), 0) as amount
from {{ ref('regions') }} as regions
left join {{ ref('orders') }} as orders on regions.code = orders.state
group by regions.code, regions.name
