{# Partitions that were read before are asked for what lies beyond, the others whole. All conditions
   are ranges, so that files are skipped by statistics: `<>` and `not in` would open them all. #}
{% macro held_positions(relation, read_up_to) -%}
    {%- set conditions = [] -%}
    {%- set partitions = {} -%}
    {%- for (hub, partition), offset in read_up_to.items() -%}
        {%- do partitions.setdefault(hub, []).append(partition) -%}
        {%- do conditions.append(
            '(event_hub = ' ~ literal(hub) ~ ' and `partition` = ' ~ partition
            ~ ' and `offset` > ' ~ offset ~ ')'
        ) -%}
    {%- endfor -%}
    {%- set hubs = partitions.keys() | sort -%}
    {%- for hub in hubs -%}
        {%- set known = partitions[hub] | sort -%}
        {%- do conditions.append(
            '(event_hub = ' ~ literal(hub)
            ~ ' and (`partition` < ' ~ known | first ~ ' or `partition` > ' ~ known | last ~ '))'
        ) -%}
        {%- for partition in range(known | first, known | last) if partition not in known -%}
            {%- do conditions.append(
                '(event_hub = ' ~ literal(hub) ~ ' and `partition` = ' ~ partition ~ ')'
            ) -%}
        {%- endfor -%}
        {%- do conditions.append(
            '(event_hub < ' ~ literal(hub)
            ~ (' and event_hub > ' ~ literal(loop.previtem) if not loop.first) ~ ')'
        ) -%}
        {%- if loop.last -%}
            {%- do conditions.append('event_hub > ' ~ literal(hub)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set query -%}
        select
            event_hub,
            `partition`,
            max(`offset`) as held_offset
        from {{ relation }}
        where {{ conditions | join(' or ') or 'true' }}
        group by event_hub, `partition`
    {%- endset -%}
    {%- set positions = [] -%}
    {%- for row in (run_query(query).rows if is_built(relation) else []) -%}
        {%- do positions.append([row[0], row[1] | int, row[2] | int]) -%}
    {%- endfor -%}
    {{ return(positions) }}
{%- endmacro %}
