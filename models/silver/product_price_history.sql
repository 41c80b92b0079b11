-- Grain: one row per product_id and interval in which its list price was the same.
-- base_price must not be summed.
{{
    config(
        materialized='incremental',
        incremental_strategy='merge_changes',
        unique_key=['product_id', 'valid_from'],
        meta={'removed_when': 'base_price is null'},
        post_hook="{{ save_run_state() }}",
    )
}}
{%- set unread = unread_events() %}
{{ run_note(unread) }}

with

-- What events after a placement repeat of the product is what it cost then, not what it costs now.
placements as (

    select
        product_id,
        event_id,
        base_price,
        occurred_at
    from {{ ref('order_events') }}
    where
        order_status = 'placed'
        and base_price is not null
        {% if is_incremental() -%}
            and occurred_at >= {{ first_price_news_at(unread) }}
        {% endif -%}

),

{% if is_incremental() -%}
    touched_products as (

        select
            product_id,
            min(occurred_at) as first_news_at
        from ({{ price_news(unread) }})
        group by product_id

    ),

    held as (

        select
            prices.*,
            touched_products.first_news_at
        from {{ this }} as prices
        inner join touched_products
            on prices.product_id = touched_products.product_id

    ),

    -- The interval before the first news stands for all placements before it.
    starts as (

        select *
        from held
        where valid_from < first_news_at
        qualify row_number() over (partition by product_id order by valid_from desc) = 1

    ),

{% endif -%}

observations as (

    select
        placements.product_id,
        placements.event_id,
        placements.base_price,
        placements.occurred_at
    from placements
    {% if is_incremental() -%}
        inner join touched_products
            on
                placements.product_id = touched_products.product_id
                and placements.occurred_at >= touched_products.first_news_at
    {% endif -%}
    qualify
        row_number() over (
            partition by placements.product_id, placements.occurred_at
            order by placements.event_id desc
        ) = 1
    {% if is_incremental() -%}
        union all
        select
            product_id,
            event_id,
            base_price,
            valid_from as occurred_at
        from starts
    {% endif -%}

),

compared as (

    select
        *,
        lag(base_price) over (
            partition by product_id
            order by occurred_at
        ) as price_before
    from observations

),

changes as (

    select
        product_id,
        event_id,
        base_price,
        occurred_at as valid_from,
        lead(occurred_at) over (
            partition by product_id
            order by occurred_at
        ) as valid_to
    from compared
    where base_price is distinct from price_before

),

final as (

    select
        product_id,
        event_id,
        base_price,
        valid_to is null as is_current,
        valid_from,
        valid_to
    from changes
    {% if is_incremental() -%}
        -- Without a price: the merge removes what is no start of an interval any more.
        union all
        select
            held.product_id,
            cast(null as string) as event_id,
            cast(null as decimal(12, 2)) as base_price,
            false as is_current,
            held.valid_from,
            cast(null as timestamp) as valid_to
        from held
        left anti join changes
            on
                held.product_id = changes.product_id
                and held.valid_from = changes.valid_from
        where held.valid_from >= held.first_news_at
    {% endif -%}

)

select * from final
