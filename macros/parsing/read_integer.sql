{% macro read_integer(text) -%}
    try_cast({{ read_decimal(text, 10, 0) }} as int)
{%- endmacro %}
