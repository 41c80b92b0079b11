{# Only a text that looks like JSON is looked at again: nearly none does. #}
{% macro is_nested(document, field, text) -%}
    {{ text }} rlike '^[\\[{]'
    and schema_of_variant(try_variant_get({{ document }}, '$.{{ field }}', 'variant'))
    rlike '^(ARRAY|OBJECT)<'
{%- endmacro %}
