{% macro unread_positions(source) -%}
    {%- if not execute -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set read_up_to = {} -%}
    {%- for hub, partition, offset in (
        run_state(this).get('positions', []) if is_incremental() else []
    ) -%}
        {%- do read_up_to.update({(hub, partition): offset}) -%}
    {%- endfor -%}
    {%- set held = run_state(source).get('positions') or held_positions(source, read_up_to) -%}
    {%- set held_up_to = {} -%}
    {%- for hub, partition, offset in held -%}
        {%- do held_up_to.update({(hub, partition): offset}) -%}
    {%- endfor -%}
    {%- set positions = [] -%}
    {%- set partitions = (read_up_to.keys() | list + held_up_to.keys() | list) | unique | sort -%}
    {%- for hub, partition in partitions -%}
        {%- set after = read_up_to.get((hub, partition), -1) -%}
        {%- do positions.append({
            'event_hub': hub,
            'partition': partition,
            'after': after,
            'up_to': [after, held_up_to.get((hub, partition), -1)] | max,
        }) -%}
    {%- endfor -%}
    {{ return(positions) }}
{%- endmacro %}
