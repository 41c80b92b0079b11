{% macro pii_gold_nodes() -%}
    {%- set nodes = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {%- if node.fqn[1] == 'gold' -%}
            {%- do nodes.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set models = nodes | map(attribute='unique_id') | list -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'snapshot' -%}
        {%- if node.depends_on.nodes | select('in', models) | list -%}
            {%- do nodes.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(nodes) }}
{%- endmacro %}
