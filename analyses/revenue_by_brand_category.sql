select
    brand,
    category,
    revenue,
    order_count,
    customer_count
from {{ ref('sales_by_brand_category') }}
order by revenue desc, brand asc, category asc
