{# With the ranges in which the messages of replays lie that the model has not followed yet:
   whatever is asked for by position is then asked of them too. #}
{% macro unread_positions(source) -%}
    {#- For the graph: it is read only once there are replays. -#}
    {%- set replays = ref('order_event_replays') if not execute -%}
    {%- if not execute -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set own_state = run_state(this) if is_incremental() else {} -%}
    {%- set read_up_to = {} -%}
    {%- for hub, partition, offset in own_state.get('positions', []) -%}
        {%- do read_up_to.update({(hub, partition): offset}) -%}
    {%- endfor -%}
    {%- set source_state = run_state(source) -%}
    {%- set held = source_state.get('positions') or held_positions(source, read_up_to) -%}
    {%- set held_up_to = {} -%}
    {%- for hub, partition, offset in held -%}
        {%- do held_up_to.update({(hub, partition): offset}) -%}
    {%- endfor -%}
    {%- set replay_number = source_state.get('replay_number', 0)
        if source_state else latest_replay_number() -%}
    {%- set replayed_after = own_state.get('replay_number', 0) -%}
    {%- set positions = [] -%}
    {%- set partitions = (read_up_to.keys() | list + held_up_to.keys() | list) | unique | sort -%}
    {%- for hub, partition in partitions -%}
        {%- set after = read_up_to.get((hub, partition), -1) -%}
        {%- do positions.append({
            'event_hub': hub,
            'partition': partition,
            'after': after,
            'up_to': [after, held_up_to.get((hub, partition), -1)] | max,
            'replay_number': replay_number,
        }) -%}
    {%- endfor -%}
    {%- if own_state and replayed_after < replay_number -%}
        {%- set unread = {'replayed_after': replayed_after, 'replay_number': replay_number} -%}
        {%- for each in position_ranges(replayed_messages([unread])) -%}
            {%- do each.update(unread) -%}
            {%- do positions.append(each) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(positions) }}
{%- endmacro %}
