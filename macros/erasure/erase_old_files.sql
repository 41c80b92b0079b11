{# Once deletion vectors are purged the current version needs none of the files with the old values,
   and VACUUM deletes them. LITE deletes only what the log names, never the files of a write that is
   under way, so that it is safe without a retention time; a SQL warehouse does not take
   `retain 0 hours`, and the property says it instead. #}
{% macro erase_old_files(relation, vacuum) -%}
    {%- do run_query('reorg table ' ~ relation ~ ' apply (purge)') -%}
    {%- set retention = 'delta.deletedFileRetentionDuration' -%}
    {%- set note = 'order_intelligence.retention_before_erasure' -%}
    {%- set properties = pii_table_properties(relation) -%}
    {%- set before = properties.get(note, properties.get(retention, 'default')) -%}
    {%- do run_query(
        'alter table ' ~ relation ~ ' set tblproperties (' ~ literal(retention)
        ~ " = 'interval 0 hours', " ~ literal(note) ~ ' = ' ~ literal(before) ~ ')'
    ) -%}
    {%- do run_query('vacuum ' ~ relation ~ ' ' ~ vacuum) -%}
    {%- if before == 'default' -%}
        {%- do run_query(
            'alter table ' ~ relation ~ ' unset tblproperties (' ~ literal(retention) ~ ', '
            ~ literal(note) ~ ')'
        ) -%}
    {%- else -%}
        {%- do run_query(
            'alter table ' ~ relation ~ ' set tblproperties (' ~ literal(retention) ~ ' = '
            ~ literal(before) ~ ')'
        ) -%}
        {%- do run_query(
            'alter table ' ~ relation ~ ' unset tblproperties (' ~ literal(note) ~ ')'
        ) -%}
    {%- endif -%}
{%- endmacro %}
