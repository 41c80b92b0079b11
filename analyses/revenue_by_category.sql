select
    category,
    revenue,
    order_count,
    item_count,
    cast(revenue / nullif(sum(revenue) over (), 0) as decimal(5, 4)) as revenue_share
from {{ ref('mv_category_summary') }}
order by revenue desc, category asc
