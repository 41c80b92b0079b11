{% macro rows_differ(columns) -%}
    {%- set comparisons = [] -%}
    {%- for column in columns -%}
        {%- do comparisons.append(
            'DBT_INTERNAL_DEST.`' ~ column ~ '` <=> DBT_INTERNAL_SOURCE.`' ~ column ~ '`'
        ) -%}
    {%- endfor -%}
    {{ return('not (' ~ comparisons | join(' and ') ~ ')') }}
{%- endmacro %}
