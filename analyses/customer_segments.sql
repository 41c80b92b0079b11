select
    segment,
    count(*) as customer_count,
    sum(order_count) as order_count,
    sum(lifetime_value) as revenue
from {{ ref('customer_insights') }}
group by segment
order by revenue desc, segment asc
