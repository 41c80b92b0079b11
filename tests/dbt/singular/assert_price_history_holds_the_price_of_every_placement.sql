{{ config(tags=['nightly']) }}

-- Of two placements of one product at one moment that disagree, the greater event_id rules.
with

placements as (

    select
        event_id,
        product_id,
        base_price,
        occurred_at
    from {{ ref('order_events') }}
    where
        order_status = 'placed'
        and base_price is not null

),

ruled as (

    select *
    from placements
    qualify
        row_number() over (
            partition by product_id, occurred_at
            order by event_id desc
        ) = 1

),

product_price_history as (

    select * from {{ ref('product_price_history') }}

)

select
    ruled.event_id,
    ruled.product_id,
    ruled.occurred_at,
    ruled.base_price,
    product_price_history.base_price as price_in_history
from ruled
left join product_price_history
    on
        ruled.product_id = product_price_history.product_id
        and ruled.occurred_at >= product_price_history.valid_from
        and ruled.occurred_at < coalesce(
            product_price_history.valid_to, timestamp '9999-12-31 23:59:59.999999Z'
        )
where ruled.base_price is distinct from product_price_history.base_price
