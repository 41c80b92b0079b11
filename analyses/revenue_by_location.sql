select
    state,
    city,
    revenue,
    order_count,
    customer_count,
    delivery_rate,
    revenue_rank_in_state,
    rank() over (order by revenue desc) as revenue_rank
from {{ ref('mv_location_ranking') }}
order by revenue_rank asc, state asc, city asc
