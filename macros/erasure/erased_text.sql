{% macro erased_text(text, replacements) -%}
    {%- set expression = namespace(sql=text) -%}
    {%- for pattern, replacement in replacements -%}
        {%- set expression.sql = 'regexp_replace(' ~ expression.sql ~ ', ' ~ literal(pattern) ~ ', '
            ~ literal(replacement) ~ ')' -%}
    {%- endfor -%}
    {{ return(expression.sql) }}
{%- endmacro %}
