{# The maintenance job: runs and landing leave small files behind, and skipping needs few files,
   clustered by key. #}
{% macro optimize_tables() -%}
    {%- if execute -%}
        {%- set tables = [] -%}
        {%- for node in graph.nodes.values()
            if node.config.materialized in ['incremental', 'table', 'snapshot'] -%}
            {%- do tables.append(adapter.get_relation(node.database, node.schema, node.alias)) -%}
        {%- endfor -%}
        {%- for node in graph.get('sources', {}).values() if is_own_source(node) -%}
            {%- do tables.append(
                adapter.get_relation(node.database, node.schema, node.identifier)
            ) -%}
        {%- endfor -%}
        {%- for relation in tables if relation and not relation.is_view -%}
            {%- do run_query('optimize ' ~ relation) -%}
            {%- do log('optimized ' ~ relation, info=true) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
