{% macro is_nested(document) -%}
    coalesce(
        schema_of_variant({{ document }}) like 'OBJECT<%'
        or schema_of_variant({{ document }}) like 'ARRAY<%',
        false
    )
{%- endmacro %}
