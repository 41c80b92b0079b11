{# The log is all that is written here, in one statement: the runs that follow it do the rest. #}
{% macro replay_quarantine(rule_id=none, dry_run=false) -%}
    {%- if rule_id is not none and rule_id not in quarantine_rules() -%}
        {{ exceptions.raise_compiler_error(
            'there is no rule ' ~ rule_id ~ '; rules are ' ~ quarantine_rules() | join(', ')
        ) }}
    {%- endif -%}
    {%- set log_table = ref('order_event_replays') -%}
    {%- set states = [] -%}
    {%- for relation in [ref('order_events'), ref('quarantined_order_events')] -%}
        {%- do states.append(run_state(relation)) -%}
        {%- if not states[-1].get('positions') -%}
            {{ exceptions.raise_compiler_error(
                relation ~ ' has read no message yet: run dbt build first'
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {%- set followed = states | map(attribute='replay_number', default=0) | min -%}
    {%- set waiting = run_query(
        'select count(*) from ' ~ log_table ~ ' where replay_number > ' ~ followed
    ).rows[0][0] | int -%}
    {%- if waiting -%}
        {%- do log(
            waiting ~ ' messages of an earlier replay still wait for dbt build', info=true
        ) -%}
    {%- endif -%}

    {%- set candidates -%}
        {{ replay_candidates(rule_id, followed) }}
    {%- endset -%}
    {%- set ranges = position_ranges(candidates) -%}
    {%- set found = run_query(
        'select rule_before, rule_now, count(*), count(held_event_id) from ('
        ~ replay_changes(candidates, ranges, states)
        ~ ') group by rule_before, rule_now order by rule_before, rule_now'
    ).rows if ranges else [] -%}
    {%- set count = namespace(messages=0, accepted=0) -%}
    {%- for row in found -%}
        {%- set count.messages = count.messages + row[2] | int -%}
        {%- set count.accepted = count.accepted + row[3] | int -%}
        {%- do log(
            row[2] ~ ' messages: ' ~ (row[0] or 'not in quarantine') ~ ' -> '
            ~ (row[1] or 'reads well'), info=true
        ) -%}
    {%- endfor -%}
    {%- if not count.messages -%}
        {%- do log('nothing to replay', info=true) -%}
    {%- elif dry_run -%}
        {%- do log(
            'dry run: ' ~ count.messages ~ ' messages would be read again', info=true
        ) -%}
    {%- else -%}
        {%- do run_query(replay_statement(candidates, ranges, states, count.accepted > 0)) -%}
        {%- do log(
            'replay ' ~ latest_replay_number() ~ ': ' ~ count.messages
            ~ ' messages are read again by the next dbt build', info=true
        ) -%}
    {%- endif -%}
    {%- do print_quarantine() -%}
{%- endmacro %}
