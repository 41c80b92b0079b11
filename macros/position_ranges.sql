{# As key_ranges, of positions: up to 32 ranges, and one more for each further partition. #}
{% macro position_ranges(query) -%}
    {%- set ranges_query -%}
        select
            event_hub,
            `partition`,
            min(`offset`) as first_offset,
            max(`offset`) as last_offset
        from (
            select
                *,
                ntile(32) over (order by event_hub, `partition`, `offset`) as bucket
            from ({{ query }})
        )
        group by event_hub, `partition`, bucket
        order by event_hub, `partition`, first_offset
    {%- endset -%}
    {%- set ranges = [] -%}
    {%- for row in run_query(ranges_query).rows -%}
        {%- do ranges.append({
            'event_hub': row[0],
            'partition': row[1] | int,
            'after': (row[2] | int) - 1,
            'up_to': row[3] | int,
        }) -%}
    {%- endfor -%}
    {{ return(ranges) }}
{%- endmacro %}
