{% macro held_offsets(relation) -%}
    {%- if not execute -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set query -%}
        select
            event_hub,
            `partition`,
            max(`offset`) as held_offset
        from {{ relation }}
        group by event_hub, `partition`
        order by event_hub, `partition`
    {%- endset -%}
    {%- set positions = [] -%}
    {%- for row in run_query(query).rows -%}
        {%- do positions.append(
            {'event_hub': row[0], 'partition': row[1] | int, 'offset': row[2] | int}
        ) -%}
    {%- endfor -%}
    {{ return(positions) }}
{%- endmacro %}
