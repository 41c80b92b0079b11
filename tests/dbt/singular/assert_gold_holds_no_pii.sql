{{ config(tags=['nightly']) }}

-- A row per place in gold with personal data, without the data itself. What is looked at comes from
-- the graph, so that a new model is covered; the names below only say what must be built before.
-- depends_on: {{ ref('order_events') }}, {{ ref('order_details') }}
-- depends_on: {{ ref('customer_insights') }}, {{ ref('daily_sales') }}
-- depends_on: {{ ref('location_performance') }}, {{ ref('minute_restatements') }}
-- depends_on: {{ ref('mv_brand_location_matrix') }}, {{ ref('mv_category_summary') }}
-- depends_on: {{ ref('mv_customer_segments') }}, {{ ref('mv_discount_analysis') }}
-- depends_on: {{ ref('mv_location_ranking') }}, {{ ref('mv_product_ranking') }}
-- depends_on: {{ ref('mv_top_brands') }}, {{ ref('mv_vip_customers') }}
-- depends_on: {{ ref('order_metrics') }}, {{ ref('product_performance') }}
-- depends_on: {{ ref('sales_by_brand_category') }}, {{ ref('sales_by_product_minute') }}
-- depends_on: {{ ref('sales_by_state_minute') }}, {{ ref('snap_customer_segments') }}
{%- set places = pii_places_in_gold() if execute else [] -%}
{%- set gold_tables = pii_gold_tables() if execute else [] -%}
{%- set tables = pii_tables() if execute else [] %}

with

personal_values as (

    {% for table in tables if table.texts -%}
        select distinct lower(trim(text_value)) as text_value
        from (
            select explode(array(`{{ table.texts | join("`, `") }}`)) as text_value
            from {{ table.relation }}
        )
        where text_value <> '[erased]'
        union all
    {% endfor -%}
    select cast(null as string) as text_value

),

other_values as (

    {% for table in tables if table.texts and table.other_texts -%}
        select lower(trim(text_value)) as text_value
        from (
            select explode(array(`{{ table.other_texts | join("`, `") }}`)) as text_value
            from {{ table.relation }}
        )
        union all
    {% endfor -%}
    select cast(null as string) as text_value

),

gold_values as (

    {% for table in gold_tables -%}
        select
            '{{ table.relation.schema }}.{{ table.relation.identifier }}' as gold_relation,
            inline(
                array(
                    {% for text in table.texts -%}
                        struct(
                            '{{ text }}' as gold_column,
                            lower(trim(`{{ text }}`)) as text_value
                        )
                        {{- ',' if not loop.last }}
                    {% endfor -%}
                )
            )
        from (
            select `{{ table.texts | join("`, `") }}`
            from {{ table.relation }}
            {% if table.is_metric_view -%}
                group by `{{ table.texts | join("`, `") }}`
            {% endif %}
        )
        union all
    {% endfor -%}
    select
        cast(null as string) as gold_relation,
        cast(null as string) as gold_column,
        cast(null as string) as text_value

),

suspects as (

    select
        gold_values.gold_relation,
        gold_values.gold_column,
        gold_values.text_value,
        gold_values.text_value rlike '[^\\s@]@[^\\s@]+[.][^\\s@]' as is_email
    from gold_values
    left join personal_values
        on gold_values.text_value = personal_values.text_value
    where
        personal_values.text_value is not null
        or gold_values.text_value rlike '[^\\s@]@[^\\s@]+[.][^\\s@]'

),

findings as (

    -- A customer may be called like a city.
    select
        suspects.gold_relation,
        suspects.gold_column,
        'values of customers, or e-mail addresses' as finding
    from suspects
    left anti join other_values
        on
            suspects.text_value = other_values.text_value
            and not suspects.is_email
    {%- for place in places %}
        union all
        select
            '{{ place.relation }}' as gold_relation,
            '{{ place.column }}' as gold_column,
            '{{ place.finding }}' as finding
    {%- endfor %}

)

select distinct
    gold_relation,
    gold_column,
    finding
from findings
