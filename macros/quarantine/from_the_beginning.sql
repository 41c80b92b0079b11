{% macro from_the_beginning(positions) -%}
    {%- set whole = [] -%}
    {%- for position in unreplayed(positions) -%}
        {%- do whole.append({
            'event_hub': position['event_hub'],
            'partition': position['partition'],
            'after': -1,
            'up_to': position['up_to'],
            'replay_number': position.get('replay_number', 0),
        }) -%}
    {%- endfor -%}
    {{ return(whole) }}
{%- endmacro %}
