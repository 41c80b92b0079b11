{% macro is_between(positions, alias=none) -%}
    {%- set prefix = alias ~ '.' if alias else '' -%}
    {%- set conditions = [] -%}
    {%- for position in positions if position['after'] < position['up_to'] -%}
        {%- do conditions.append(
            '(' ~ prefix ~ 'event_hub = ' ~ literal(position['event_hub'])
            ~ ' and ' ~ prefix ~ '`partition` = ' ~ position['partition']
            ~ ' and ' ~ prefix ~ '`offset` > ' ~ position['after']
            ~ ' and ' ~ prefix ~ '`offset` <= ' ~ position['up_to'] ~ ')'
        ) -%}
    {%- endfor -%}
    {{ '(' ~ conditions | join(' or ') ~ ')' if conditions else 'false' }}
{%- endmacro %}
