{% macro unread_replays(positions) -%}
    {%- for position in positions if 'replayed_after' in position -%}
        {{ return([position['replayed_after'], position['replay_number']]) }}
    {%- endfor -%}
    {{ return([]) }}
{%- endmacro %}
