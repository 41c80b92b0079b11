{# As the tables are, not as they are described. #}
{% macro pii_gold_tables() -%}
    {%- set tables = [] -%}
    {%- for node in pii_gold_nodes() -%}
        {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
        {%- set texts = [] -%}
        {%- for column in (adapter.get_columns_in_relation(relation) if relation else []) -%}
            {%- if column.dtype == 'string' -%}
                {%- do texts.append(column.name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if texts -%}
            {%- do tables.append({
                'relation': relation,
                'texts': texts,
                'is_metric_view': node.config.materialized == 'metric_view',
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(tables) }}
{%- endmacro %}
