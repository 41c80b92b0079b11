{% macro order_event_number_fields() -%}
    {{ return(['schema_version', 'quantity']) }}
{%- endmacro %}
