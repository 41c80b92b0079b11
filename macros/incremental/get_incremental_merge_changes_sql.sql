{# dbt's merge with two things more: it leaves a row alone unless one of its columns changes, and
   deletes rows that the model says are gone. Where rows are only ever added (skip_matched_step), a
   replay changes and deletes them all the same. #}
{% macro get_incremental_merge_changes_sql(arg_dict) -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set source = arg_dict['temp_relation'] -%}
    {%- set keys = [arg_dict['unique_key']] if arg_dict['unique_key'] is string
        else arg_dict['unique_key'] -%}
    {%- set columns = adapter.get_columns_in_relation(source) | map(attribute='name') | list -%}
    {%- set note = read_run_note() -%}
    {%- set only_adds = config.get('skip_matched_step') and not note.get('is_replay') -%}
    {%- set removed_when = config.get('meta', {}).get('removed_when') if not only_adds -%}
    {%- set matches = [] -%}
    {%- set equalities = [] -%}
    {%- set assignments = [] -%}
    {%- set names = [] -%}
    {%- set values = [] -%}
    {%- for name in columns -%}
        {%- set column = adapter.quote(name) -%}
        {%- set pair = 'DBT_INTERNAL_DEST.' ~ column ~ ' {} DBT_INTERNAL_SOURCE.' ~ column -%}
        {%- if name in keys -%}
            {%- do matches.append(pair.format('=')) -%}
        {%- else -%}
            {%- do equalities.append(pair.format('<=>')) -%}
            {%- do assignments.append(column ~ ' = DBT_INTERNAL_SOURCE.' ~ column) -%}
        {%- endif -%}
        {%- do names.append(column) -%}
        {%- do values.append('DBT_INTERNAL_SOURCE.' ~ column) -%}
    {%- endfor %}
merge into {{ target }} as DBT_INTERNAL_DEST
using {{ source }} as DBT_INTERNAL_SOURCE
on
    {{ matches | join('\n    and ') }}
    and {{ note.get('within', 'true') }}
    {%- if removed_when %}
when matched and DBT_INTERNAL_SOURCE.{{ removed_when }}
    then delete
    {%- endif %}
    {%- if not only_adds %}
when matched and not (
    {{ equalities | join('\n    and ') }}
)
    then update set {{ assignments | join(', ') }}
    {%- endif %}
when not matched {{ 'and not (DBT_INTERNAL_SOURCE.' ~ removed_when ~ ')' if removed_when }}
    then insert ({{ names | join(', ') }})
    values ({{ values | join(', ') }})
    {%- if config.get('not_matched_by_source_action') %}
when not matched by source
    then {{ config.get('not_matched_by_source_action') }}
    {%- endif %}
{% endmacro %}
