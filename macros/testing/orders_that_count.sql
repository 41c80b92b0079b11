{# Takes nothing from the columns that silver computes for marts (is_in_revenue, net_amount,
   refunded_amount): a mistake in those would otherwise be on both sides of a comparison. #}
{% macro orders_that_count() -%}
    select
        order_id,
        customer_id,
        product_id,
        coalesce(city, 'Unknown') as city,
        state,
        coalesce(product_name, 'Unknown') as product_name,
        coalesce(category, 'Unknown') as category,
        coalesce(brand, 'Unknown') as brand,
        order_status,
        quantity,
        discount_pct,
        gross_amount,
        discount_amount,
        if(order_status = 'returned', gross_amount - discount_amount, 0) as refunded_amount,
        if(order_status = 'returned', 0, gross_amount - discount_amount) as revenue,
        placed_at,
        delivered_at,
        returned_at
    from {{ ref('order_details') }}
    where
        placed_at is not null
        and order_status <> 'cancelled'
{%- endmacro %}
