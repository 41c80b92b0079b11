{{ config(tags=['nightly']) }}

-- A row per mart and key on either side. Measures that a mart does not have are null on both.
{%- set measures = [
    'order_count',
    'customer_count',
    'item_count',
    'gross_amount',
    'discount_amount',
    'total_sales',
    'refunded_amount',
    'net_amount',
    'revenue',
    'average_order_value',
    'revenue_per_unit',
    'delivery_rate',
    'cancellation_rate',
    'return_rate',
] -%}
{%- set amounts = [
    'order_count', 'item_count', 'gross_amount', 'discount_amount', 'refunded_amount', 'revenue'
] -%}
{%- set marts = {
    'sales_by_brand_category': (['brand', 'category'], amounts + ['customer_count']),
    'location_performance': (
        ['state', 'city'], ['order_count', 'customer_count', 'revenue', 'delivery_rate']
    ),
    'product_performance': (['product_id'], amounts + ['customer_count', 'revenue_per_unit']),
    'daily_sales': (['booked_date'], amounts + ['average_order_value']),
} %}

with

orders as (

    {{ orders_that_count() }}

),

placed_orders as (

    select
        cast(avg(if(order_status = 'cancelled', cast(1 as decimal(20, 10)), 0)) as decimal(5, 4))
            as cancellation_rate
    from {{ ref('order_details') }}
    where placed_at is not null

),

stored as (

    {% for mart, (dimensions, names) in marts.items() -%}
        select
            '{{ mart }}' as mart,
            concat_ws(', ', {{ dimensions | join(', ') | replace('booked', 'sales') }}) as mart_key,
        {% for measure in measures -%}
            {{ measure if measure in names else 'null' }} as {{ measure }}
            {{- ',' if not loop.last }}
        {% endfor -%}
        from {{ ref(mart) }}
        union all
    {% endfor -%}
    select
        'all orders' as mart,
        '' as mart_key,
        count(*) as order_count,
        count(distinct orders.customer_id) as customer_count,
        sum(orders.quantity) as item_count,
        sum(orders.gross_amount) as gross_amount,
        sum(orders.discount_amount) as discount_amount,
        sum(orders.gross_amount - orders.discount_amount) as total_sales,
        sum(orders.refunded_amount) as refunded_amount,
        sum(orders.revenue) as net_amount,
        sum(orders.revenue) as revenue,
        {{ average_amount('sum(orders.revenue)', 'count(*)') }} as average_order_value,
        {{ average_amount('sum(orders.revenue)', 'sum(orders.quantity)') }} as revenue_per_unit,
        cast(
            avg(if(orders.delivered_at is not null, cast(1 as decimal(20, 10)), 0))
            as decimal(5, 4)
        ) as delivery_rate,
        min(placed_orders.cancellation_rate) as cancellation_rate,
        cast(
            avg(if(orders.order_status = 'returned', cast(1 as decimal(20, 10)), 0))
            as decimal(5, 4)
        ) as return_rate
    from placed_orders
    left join orders
        on true
    having count(orders.order_id) > 0

),

measured as (

    {% for mart, (dimensions, names) in marts.items() -%}
        select
            '{{ mart }}' as mart,
            concat_ws(', ', {{ dimensions | join(', ') }}) as mart_key,
        {% for measure in measures -%}
            {{ 'measure(' ~ measure ~ ')' if measure in names else 'null' }} as {{ measure }}
            {{- ',' if not loop.last }}
        {% endfor -%}
        from {{ ref('order_metrics') }}
        group by {{ dimensions | join(', ') }}
        union all
    {% endfor -%}
    select
        'all orders' as mart,
        '' as mart_key,
    {% for measure in measures -%}
        measure({{ measure }}) as {{ measure }}
        {{- ',' if not loop.last }}
    {% endfor -%}
    from {{ ref('order_metrics') }}

),

-- Where only cancelled orders were placed, the measures are zero, and the marts have no row.
stored_amounts as (

    select * from stored
    where order_count > 0 or revenue <> 0

),

measured_amounts as (

    select * from measured
    where order_count > 0 or revenue <> 0

)

{{ differing_rows('stored_amounts', 'measured_amounts') }}
