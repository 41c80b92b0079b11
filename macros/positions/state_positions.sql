{% macro state_positions(state) -%}
    {%- set positions = [] -%}
    {%- for hub, partition, offset in state['positions'] -%}
        {%- do positions.append(
            {'event_hub': hub, 'partition': partition, 'after': -1, 'up_to': offset}
        ) -%}
    {%- endfor -%}
    {{ return(positions) }}
{%- endmacro %}
