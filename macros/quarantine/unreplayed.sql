{% macro unreplayed(positions) -%}
    {%- set others = [] -%}
    {%- for position in positions if 'replayed_after' not in position -%}
        {%- do others.append(position) -%}
    {%- endfor -%}
    {{ return(others) }}
{%- endmacro %}
