{# Of what the model reads, not of all there is: if it lags behind, its "now" lags with it. Without
   events the span is empty, and lies beyond all that is held. Before the beginning nothing is known. #}
{% macro unread_span(positions) -%}
    {%- set begins = positions | rejectattr('after', 'equalto', -1) | list == [] -%}
    {%- set before = run_state(this).get('latest_occurred_at')
        if is_incremental() and not begins -%}
    {%- set query -%}
        select
            cast(min(ingested_at) as string),
            cast(max(occurred_at) as string)
        from {{ ref('order_events') }}
        where
            {{ is_read(positions) }}
            and {{ is_unread(positions) }}
    {%- endset -%}
    {%- set is_readable = execute and is_built(ref('order_events')) -%}
    {%- set row = run_query(query).rows[0] if is_readable else [none, none] -%}
    {{ return({
        'first_ingested_at': row[0] or '9999-12-31 23:59:59',
        'latest_before': before or none,
        'latest_occurred_at': [before or '1970-01-01 00:00:00', row[1] or ''] | max,
    }) }}
{%- endmacro %}
