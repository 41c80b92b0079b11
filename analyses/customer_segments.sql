select
    segment,
    customer_count,
    order_count,
    revenue,
    cast(revenue / nullif(sum(revenue) over (), 0) as decimal(5, 4)) as revenue_share
from {{ ref('mv_customer_segments') }}
order by revenue desc, segment asc
