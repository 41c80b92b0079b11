{% macro or_unknown(column) -%}
    coalesce({{ column }}, 'Unknown')
{%- endmacro %}
