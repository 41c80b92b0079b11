{# The model's SQL, the merge and the hook are rendered one after the other and share nothing but
   the compiled text: what the first found out reaches the others in this comment. #}
{% macro run_note(positions, within='true', latest_occurred_at=none) -%}
    {%- set read_up_to = [] -%}
    {%- for position in unreplayed(positions) -%}
        {%- do read_up_to.append(
            [position['event_hub'], position['partition'], position['up_to']]
        ) -%}
    {%- endfor -%}
    -- run note: {{ tojson({
        'state_before': run_state(this) if is_incremental() else {},
        'state': {
            'positions': read_up_to,
            'latest_occurred_at': latest_occurred_at,
            'replay_number': positions | map(attribute='replay_number', default=0) | max or 0,
        },
        'within': within,
        'is_replay': unread_replays(positions) != [],
    }) }}
{%- endmacro %}
