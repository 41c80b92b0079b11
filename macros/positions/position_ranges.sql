{# As key_ranges, of positions: up to 32 ranges, and one more for each further partition.
   Neighbours are one. #}
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
        {%- set range = {
            'event_hub': row[0],
            'partition': row[1] | int,
            'after': (row[2] | int) - 1,
            'up_to': row[3] | int,
        } -%}
        {%- set neighbour = dict(ranges | last or {}, after=range['after'], up_to=range['up_to']) -%}
        {%- if neighbour == range and (ranges | last)['up_to'] == range['after'] -%}
            {%- do (ranges | last).update({'up_to': range['up_to']}) -%}
        {%- else -%}
            {%- do ranges.append(range) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(ranges) }}
{%- endmacro %}
