{# In place of the adapter's macro, which empties a table and then fills it: readers would find
   nothing for as long as that takes. Here the new rows take the place of the old in one commit. Only
   a table whose columns or keys have changed is built beside the old one, and takes its name. #}
{% macro create_table_at(relation, intermediate_relation, compiled_code) %}
    {%- set existing = adapter.get_relation(
        relation.database, relation.schema, relation.identifier
    ) -%}
    {%- if not existing -%}
        {{ dbt.create_table_at(relation, intermediate_relation, compiled_code) }}
    {%- elif has_columns_of(existing, intermediate_relation) -%}
        {{ overwrite_table(relation, existing, intermediate_relation, compiled_code) }}
    {%- else -%}
        {{ safe_relation_replace(
            existing, make_staging_relation(relation), intermediate_relation, compiled_code
        ) }}
    {%- endif -%}
{% endmacro %}
