{% macro is_read(positions) -%}
    {%- set conditions = [] -%}
    {%- for position in positions -%}
        {%- do conditions.append(
            '(event_hub = ' ~ literal(position['event_hub'])
            ~ ' and `partition` = ' ~ position['partition']
            ~ ' and `offset` <= ' ~ position['up_to'] ~ ')'
        ) -%}
    {%- endfor -%}
    ({{ conditions | join(' or ') or 'false' }})
{%- endmacro %}
