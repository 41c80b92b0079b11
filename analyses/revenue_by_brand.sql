select
    brand,
    revenue,
    order_count,
    item_count,
    rank() over (order by revenue desc) as revenue_rank
from {{ ref('mv_top_brands') }}
order by revenue_rank asc, brand asc
