-- The last 60 minutes in which something was sold or refunded, all states together.
select
    minute_at,
    sum(order_count) as order_count,
    sum(total_items) as total_items,
    sum(total_sales) as total_sales,
    sum(refunded_amount) as refunded_amount,
    sum(revenue) as revenue,
    every(is_final) as is_final
from {{ ref('sales_by_state_minute') }}
group by minute_at
order by minute_at desc
limit 60
