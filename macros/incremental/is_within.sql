{% macro is_within(ranges, column) -%}
    {%- set conditions = [] -%}
    {%- for first, last in ranges -%}
        {%- do conditions.append(column ~ ' between ' ~ first ~ ' and ' ~ last) -%}
    {%- endfor -%}
    {%- if not is_incremental() -%}
        true
    {%- elif conditions -%}
        ({{ conditions | join(' or ') }})
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}
