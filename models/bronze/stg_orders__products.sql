-- Grain: one row per product_id seen in a valid event.
-- base_price is a list price: it must not be summed.
with

order_events as (

    select * from {{ ref('stg_orders__order_events') }}
    where rule_id is null

),

-- An attribute that one event lacks keeps the value of the event before.
carried_forward as (

    select
        product_id,
        event_id,
        occurred_at,
        {% for attribute in ['product_name', 'category', 'brand', 'base_price'] -%}
            last_value({{ attribute }}) ignore nulls over product_so_far as {{ attribute }}
            {{- ',' if not loop.last }}
        {% endfor %}
    from order_events
    window
        product_so_far as (
            partition by product_id
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        )

),

compared as (

    select
        *,
        struct(product_name, category, brand, base_price) as attributes,
        lag(struct(product_name, category, brand, base_price)) over (
            partition by product_id
            order by occurred_at, event_id
        ) as attributes_before
    from carried_forward

),

final as (

    select
        product_id,
        max_by(product_name, struct(occurred_at, event_id)) as product_name,
        max_by(category, struct(occurred_at, event_id)) as category,
        max_by(brand, struct(occurred_at, event_id)) as brand,
        max_by(base_price, struct(occurred_at, event_id)) as base_price,
        max(occurred_at) filter (
            where attributes is distinct from attributes_before
        ) as last_changed_at
    from compared
    group by product_id

)

select * from final
