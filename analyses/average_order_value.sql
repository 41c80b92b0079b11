select
    booked_date,
    measure(average_order_value) as average_order_value,
    measure(revenue) as revenue,
    measure(order_count) as order_count
from {{ ref('order_metrics') }}
group by booked_date
order by booked_date asc
