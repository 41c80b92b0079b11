select
    sales_date,
    average_order_value,
    revenue,
    order_count
from {{ ref('daily_sales') }}
order by sales_date asc
