{# Written after the rows: a run that is killed in between is repeated, and changes nothing. #}
{% macro save_run_state(event_time=none) -%}
    {%- set note = read_run_note() if execute else {} -%}
    {%- if note -%}
        {%- set state = note['state'] -%}
        {%- if event_time -%}
            {%- set latest = run_query(
                'select cast(max(' ~ event_time ~ ') as string) from ' ~ this
                ~ ' where ' ~ note['within'] | replace('DBT_INTERNAL_DEST.', '')
            ).rows[0][0] -%}
            {#- A replay can take the latest event away: it looks at all rows. -#}
            {%- set before = note['state_before'].get('latest_occurred_at')
                if not note.get('is_replay') -%}
            {%- do state.update({'latest_occurred_at': [latest or '', before or ''] | max}) -%}
        {%- endif -%}
        {%- if state != note['state_before'] -%}
            alter table {{ this }}
            set tblproperties ('order_intelligence.run_state' = {{ literal(tojson(state)) }})
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
