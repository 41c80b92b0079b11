{% macro staged_order_events() -%}
    {%- for node in graph.nodes.values() if node.name == 'stg_orders__order_events' -%}
        {{ render(node.raw_code) }}
    {%- endfor -%}
{%- endmacro %}
