{# On the time itself, not on its minute, so that files are skipped by their statistics. #}
{% macro is_within_minutes(ranges, column) -%}
    {%- set times = [] -%}
    {%- for first, last in ranges -%}
        {%- do times.append([first, last ~ " + interval '59.999999' second"]) -%}
    {%- endfor -%}
    {{ is_within(times, column) }}
{%- endmacro %}
