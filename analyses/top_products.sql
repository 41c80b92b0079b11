select
    product_id,
    product_name,
    category,
    brand,
    revenue,
    order_count,
    item_count,
    revenue_rank_in_category
from {{ ref('mv_product_ranking') }}
order by revenue desc, product_id asc
limit 10
