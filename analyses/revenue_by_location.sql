select
    state,
    city,
    revenue,
    customer_count,
    delivery_rate
from {{ ref('location_performance') }}
order by revenue desc, state asc, city asc
