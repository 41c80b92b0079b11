{% macro price_news(positions) -%}
    select
        product_id,
        occurred_at
    from {{ ref('order_events') }}
    where
        order_status = 'placed'
        and base_price is not null
        and {{ is_unread(positions) }}
    {%- if unread_replays(positions) %}
    union all
    select
        product_id,
        occurred_at
    from ({{ former_events(positions) }})
    {%- endif %}
{%- endmacro %}
