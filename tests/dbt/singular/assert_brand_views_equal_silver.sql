{{ config(tags=['nightly']) }}

-- Rows of several views side by side, each as the text of its columns.
with

orders as (

    {{ orders_that_count() }}

),

limits as (

    select posexplode(array(0, {{ var('discount_band_limits') | join(', ') }}, 100))
        as (limit_number, up_to_pct)

),

bands as (

    select
        limit_number,
        up_to_pct,
        lag(up_to_pct) over (order by limit_number) as above_pct
    from limits
    qualify above_pct is not null

),

brands as (

    select
        brand,
        count(*) as order_count,
        sum(quantity) as item_count,
        sum(discount_amount) as discount_amount,
        sum(refunded_amount) as refunded_amount,
        sum(revenue) as revenue
    from orders
    group by brand

),

brand_states as (

    select
        brand,
        state,
        count(*) as order_count,
        sum(quantity) as item_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(refunded_amount) as refunded_amount,
        sum(revenue) as revenue
    from orders
    group by brand, state

),

discounts as (

    select
        orders.category,
        case
            when bands.limit_number is null then 'none'
            when bands.above_pct = 0 then concat('up to ', bands.up_to_pct, '%')
            when bands.up_to_pct = 100 then concat('over ', bands.above_pct, '%')
            else concat('over ', bands.above_pct, '% to ', bands.up_to_pct, '%')
        end as discount_band,
        coalesce(bands.limit_number, 0) as discount_band_number,
        count(*) as order_count,
        count_if(orders.order_status = 'returned') as returned_order_count,
        sum(orders.quantity) as item_count,
        sum(orders.gross_amount) as gross_amount,
        sum(orders.discount_amount) as discount_amount,
        sum(orders.refunded_amount) as refunded_amount,
        sum(orders.revenue) as revenue
    from orders
    left join bands
        on
            orders.discount_pct > bands.above_pct
            and orders.discount_pct <= bands.up_to_pct
    group by orders.category, bands.limit_number, bands.above_pct, bands.up_to_pct

),

stored as (

    select
        'mv_top_brands' as view_name,
        to_json(struct(*)) as view_row
    from {{ ref('mv_top_brands') }}
    union all
    select
        'mv_brand_location_matrix' as view_name,
        to_json(struct(*)) as view_row
    from {{ ref('mv_brand_location_matrix') }}
    union all
    select
        'mv_discount_analysis' as view_name,
        to_json(struct(*)) as view_row
    from {{ ref('mv_discount_analysis') }}

),

recomputed as (

    select
        'mv_top_brands' as view_name,
        to_json(struct(*)) as view_row
    from brands
    union all
    select
        'mv_brand_location_matrix' as view_name,
        to_json(struct(*)) as view_row
    from brand_states
    union all
    select
        'mv_discount_analysis' as view_name,
        to_json(struct(*)) as view_row
    from discounts

)

{{ differing_rows('stored', 'recomputed') }}
