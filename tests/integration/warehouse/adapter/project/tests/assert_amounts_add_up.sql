select 1
from (select sum(amount) as amount from {{ ref('orders') }}) as silver
cross join (select sum(amount) as amount from {{ ref('mv_amount_by_state') }}) as gold
where silver.amount <> gold.amount
