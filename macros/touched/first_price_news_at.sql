{# A literal, so that files of earlier placements are skipped. #}
{% macro first_price_news_at(positions) -%}
    {%- if not execute or not is_incremental() -%}
        {{ return('null') }}
    {%- endif -%}
    {%- set query -%}
        select cast(min(occurred_at) as string)
        from ({{ price_news(positions) }})
    {%- endset -%}
    {%- set first = run_query(query).rows[0][0] -%}
    {{ return('timestamp' ~ literal(first) if first else 'cast(null as timestamp)') }}
{%- endmacro %}
