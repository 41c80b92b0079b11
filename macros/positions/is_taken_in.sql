{% macro is_taken_in(states, alias) -%}
    {%- set conditions = [] -%}
    {%- for state in states -%}
        {%- do conditions.append(is_between(state_positions(state), alias)) -%}
    {%- endfor -%}
    ({{ conditions | join(' and ') }})
{%- endmacro %}
