{# Few and narrow: what was touched lies close together but for some late events, and one range from
   the first key to the last would then cover everything. #}
{% macro key_ranges(query, type='string') -%}
    {%- if not execute or not is_incremental() -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set ranges_query -%}
        select
            cast(min(key) as string) as first_key,
            cast(max(key) as string) as last_key
        from (
            select
                key,
                ntile(32) over (order by key) as bucket
            from ({{ query }}) as keys (key)
            where key is not null
        )
        group by bucket
        order by bucket
    {%- endset -%}
    {%- set ranges = [] -%}
    {%- for row in run_query(ranges_query).rows -%}
        {%- do ranges.append([type ~ literal(row[0]), type ~ literal(row[1])] if type != 'string'
            else [literal(row[0]), literal(row[1])]) -%}
    {%- endfor -%}
    {{ return(ranges) }}
{%- endmacro %}
