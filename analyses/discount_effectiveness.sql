with

discounts as (

    select
        *,
        cast(item_count as decimal(20, 0)) / order_count as items_per_order,
        revenue / item_count as revenue_per_unit
    from {{ ref('mv_discount_analysis') }}

),

-- Each band beside the orders of its category that got no discount.
compared as (

    select
        *,
        max(case when discount_band_number = 0 then items_per_order end) over (
            partition by category
        ) as items_per_order_without,
        max(case when discount_band_number = 0 then revenue_per_unit end) over (
            partition by category
        ) as revenue_per_unit_without
    from discounts

)

select
    category,
    discount_band,
    order_count,
    item_count,
    discount_amount as discount_cost,
    cast(discount_amount / nullif(gross_amount, 0) as decimal(5, 4)) as discount_share_of_gross,
    cast(items_per_order as decimal(12, 2)) as items_per_order,
    cast(items_per_order - items_per_order_without as decimal(12, 2)) as items_per_order_gained,
    cast(revenue_per_unit as decimal(34, 2)) as revenue_per_unit,
    cast(
        revenue_per_unit_without - revenue_per_unit as decimal(34, 2)
    ) as revenue_per_unit_given_up,
    cast(
        cast(returned_order_count as decimal(20, 0)) / order_count as decimal(5, 4)
    ) as return_rate
from compared
order by category asc, discount_band_number asc
