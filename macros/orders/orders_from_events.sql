{# What events say of an order, once and for all: the placement, the furthest status and the money.
   The log of restatements asks it of an order as it was known at different times. #}
{% macro orders_from_events(events, keys=['order_id']) -%}
    with

    events_in_order as (

        select
            {{ keys | join(', ') }},
            order_status,
            occurred_at,
            {{ status_rank('order_status') }} as status_rank,
            struct(
                occurred_at,
                {{ status_rank('order_status') }} as status_rank,
                event_id
            ) as occurrence,
            struct(
                customer_id,
                product_id,
                customer_name,
                customer_email,
                city,
                state,
                product_name,
                category,
                brand,
                payment_method,
                quantity,
                base_price,
                unit_price,
                discount_pct,
                reported_total_amount
            ) as content
        from {{ events }}

    ),

    told as (

        select
            {{ keys | join(', ') }},
            -- An order whose placement has not arrived shows what its earliest event says.
            coalesce(
                min_by(content, occurrence) filter (where order_status = 'placed'),
                min_by(content, occurrence)
            ) as content,
            max_by(order_status, status_rank) as order_status,
            min(occurred_at) filter (where order_status = 'placed') as placed_at,
            min(occurred_at) filter (where order_status = 'shipped') as shipped_at,
            min(occurred_at) filter (where order_status = 'delivered') as delivered_at,
            min(occurred_at) filter (where order_status = 'cancelled') as cancelled_at,
            min(occurred_at) filter (where order_status = 'returned') as returned_at
        from events_in_order
        group by {{ keys | join(', ') }}

    ),

    priced as (

        select
            told.* except (content),
            told.content.*,
            coalesce(told.content.unit_price, told.content.base_price) as charged_price,
            coalesce(told.content.discount_pct, 0) as granted_discount_pct,
            told.content.unit_price is null as is_price_imputed,
            told.placed_at is null as is_awaiting_placement,
            told.placed_at is not null and told.order_status <> 'cancelled' as is_in_revenue
        from told

    ),

    multiplied as (

        select
            *,
            cast(charged_price * quantity as decimal(24, 2)) as gross_amount
        from priced

    ),

    discounted as (

        select
            *,
            cast(
                round(gross_amount * granted_discount_pct / 100, 2) as decimal(24, 2)
            ) as discount_amount
        from multiplied

    ),

    totalled as (

        select
            *,
            cast(gross_amount - discount_amount as decimal(24, 2)) as total_amount
        from discounted

    ),

    settled as (

        select
            *,
            case
                when is_in_revenue and order_status = 'returned' then total_amount
                else cast(0 as decimal(24, 2))
            end as refunded_amount,
            case
                when is_in_revenue and order_status <> 'returned' then total_amount
                else cast(0 as decimal(24, 2))
            end as net_amount
        from totalled

    )

    select * from settled
{%- endmacro %}
