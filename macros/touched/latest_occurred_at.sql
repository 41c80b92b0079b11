{# The "now" of a model: a clock would make a run impossible to repeat. #}
{% macro latest_occurred_at() -%}
    {%- set order_events = ref('order_events') -%}
    {%- set latest = run_state(order_events).get('latest_occurred_at') if execute -%}
    {%- if execute and not latest and is_built(order_events) -%}
        {%- set latest = run_query(
            'select cast(max(occurred_at) as string) from ' ~ order_events
        ).rows[0][0] -%}
    {%- endif -%}
    {{ return(latest or '1970-01-01 00:00:00') }}
{%- endmacro %}
