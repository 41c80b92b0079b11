{{ config(materialized='metric_view', databricks_tags={'layer': 'gold'}, view_update_via_alter=true) }}
version: "0.1"
source: {{ ref('orders') }}
dimensions:
  - name: state
    expr: state
measures:
  - name: amount
    expr: {{ 'max(amount)' if var('more', false) else 'sum(amount)' }}
