{# Once deletion vectors are purged the current version needs none of the files with the old values,
   and VACUUM deletes them. LITE deletes only what the log names, never the files of a write that is
   under way, so that it is safe without a retention time; a SQL warehouse does not take
   `retain 0 hours`, and the property says it instead. Meanwhile nobody else may vacuum: predictive
   optimization would do it in full, files of writes under way included. What was set before stands in
   notes, so that the next run of the operation puts it back after one that was interrupted. #}
{% macro erase_old_files(relation, vacuum) -%}
    {%- do run_query('reorg table ' ~ relation ~ ' apply (purge)') -%}
    {%- set retention = 'delta.deletedFileRetentionDuration' -%}
    {%- set retention_note = 'order_intelligence.retention_before_erasure' -%}
    {%- set optimizing_note = 'order_intelligence.optimization_before_erasure' -%}
    {%- set properties = pii_table_properties(relation) -%}
    {%- set before = properties.get(retention_note, properties.get(retention, 'default')) -%}
    {%- set optimizing = properties.get(optimizing_note) or predictive_optimization(relation) -%}
    {%- set notes = {retention_note: before} -%}
    {%- if optimizing -%}
        {%- do notes.update({optimizing_note: optimizing}) -%}
    {%- endif -%}
    {%- set assignments = [] -%}
    {%- for name, value in notes.items() -%}
        {%- do assignments.append(literal(name) ~ ' = ' ~ literal(value)) -%}
    {%- endfor -%}
    {%- do run_query(
        'alter table ' ~ relation ~ ' set tblproperties (' ~ assignments | join(', ') ~ ')'
    ) -%}
    {%- if optimizing -%}
        {%- do run_query('alter table ' ~ relation ~ ' disable predictive optimization') -%}
    {%- endif -%}
    {%- do run_query(
        'alter table ' ~ relation ~ ' set tblproperties (' ~ literal(retention)
        ~ " = 'interval 0 hours')"
    ) -%}
    {%- do run_query('vacuum ' ~ relation ~ ' ' ~ vacuum) -%}
    {%- if before == 'default' -%}
        {%- do run_query(
            'alter table ' ~ relation ~ ' unset tblproperties (' ~ literal(retention) ~ ')'
        ) -%}
    {%- else -%}
        {%- do run_query(
            'alter table ' ~ relation ~ ' set tblproperties (' ~ literal(retention) ~ ' = '
            ~ literal(before) ~ ')'
        ) -%}
    {%- endif -%}
    {%- if optimizing -%}
        {%- do run_query(
            'alter table ' ~ relation ~ ' ' ~ optimizing ~ ' predictive optimization'
        ) -%}
    {%- endif -%}
    {%- set names = [] -%}
    {%- for name in notes -%}
        {%- do names.append(literal(name)) -%}
    {%- endfor -%}
    {%- do run_query(
        'alter table ' ~ relation ~ ' unset tblproperties (' ~ names | join(', ') ~ ')'
    ) -%}
{%- endmacro %}
