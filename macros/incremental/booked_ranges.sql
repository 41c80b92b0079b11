{# key_ranges under a name of its own, so that a unit test can answer for orders and for times. #}
{% macro booked_ranges(query, type='timestamp') -%}
    {{ return(key_ranges(query, type)) }}
{%- endmacro %}
