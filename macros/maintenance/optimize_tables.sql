{# The maintenance job: runs leave small files behind, and skipping needs files clustered by key. #}
{% macro optimize_tables() -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model' and node.config.get('liquid_clustered_by') -%}
            {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
            {%- if relation -%}
                {%- do run_query('optimize ' ~ relation) -%}
                {%- do log('optimized ' ~ relation, info=true) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
