{% macro latest_replay_number() -%}
    {%- set replays = ref('order_event_replays') -%}
    {%- set existing = adapter.get_relation(
        replays.database, replays.schema, replays.identifier
    ) -%}
    {{ return(
        (run_query('select max(replay_number) from ' ~ replays).rows[0][0] or 0) | int
        if existing else 0
    ) }}
{%- endmacro %}
