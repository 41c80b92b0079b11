{#- Grain: that of the query: measures are computed over the dimensions it names.
    Measures must not be summed or averaged over the rows of an answer: ask at the level needed.
    Version 0.1 is what Databricks and Spark 4.2 both take. -#}
{{ config(materialized='metric_view') }}
{%- set orders = 'sum(order_count)' -%}
{%- set cancelled = 'sum(cancelled_order_count)' -%}
{%- set items = 'sum(item_count)' -%}
{%- set revenue = 'sum(net_amount)' -%}
{%- set rate = 'cast(cast({} as decimal(20, 0)) / nullif({}, 0) as decimal(5, 4))' %}
version: "0.1"
source: "{{ ref('order_amounts') }}"
dimensions:
  - name: product_id
    expr: product_id
  - name: brand
    expr: {{ or_unknown('brand') }}
  - name: category
    expr: {{ or_unknown('category') }}
  - name: state
    expr: state
  - name: city
    expr: {{ or_unknown('city') }}
  - name: booked_date
    expr: booked_date
measures:
  - name: order_count
    expr: {{ orders }}
  - name: customer_count
    expr: count(distinct case when order_count = 1 then customer_id end)
  - name: item_count
    expr: {{ items }}
  - name: gross_amount
    expr: sum(gross_amount)
  - name: discount_amount
    expr: sum(discount_amount)
  - name: total_sales
    expr: sum(cast(gross_amount - discount_amount as decimal(24, 2)))
  - name: refunded_amount
    expr: sum(refunded_amount)
  - name: net_amount
    expr: {{ revenue }}
  - name: revenue
    expr: {{ revenue }}
  - name: average_order_value
    expr: {{ average_amount(revenue, orders).split() | join(' ') }}
  - name: revenue_per_unit
    expr: {{ average_amount(revenue, items).split() | join(' ') }}
  - name: delivery_rate
    expr: {{ rate.format('sum(delivered_order_count)', orders) }}
  - name: cancellation_rate
    expr: {{ rate.format(cancelled, '(' ~ orders ~ ' + ' ~ cancelled ~ ')') }}
  - name: return_rate
    expr: {{ rate.format('sum(returned_order_count)', orders) }}
