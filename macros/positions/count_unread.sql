{% macro count_unread(positions) -%}
    {%- set counts = [0] -%}
    {%- for position in positions -%}
        {%- do counts.append(position['up_to'] - position['after']) -%}
    {%- endfor -%}
    {{ return(counts | sum) }}
{%- endmacro %}
