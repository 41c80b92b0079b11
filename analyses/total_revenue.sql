select
    measure(revenue) as revenue,
    measure(gross_amount) as gross_amount,
    measure(discount_amount) as discount_amount,
    measure(refunded_amount) as refunded_amount,
    measure(order_count) as order_count,
    measure(customer_count) as customer_count,
    measure(cancellation_rate) as cancellation_rate,
    measure(return_rate) as return_rate
from {{ ref('order_metrics') }}
