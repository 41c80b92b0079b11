{# Found by the tags of columns, so that a table that comes to hold personal data is treated without
   anyone thinking of it. Tables that are not built are left out. #}
{% macro pii_tables() -%}
    {%- set found = [] -%}
    {%- set seen = [] -%}
    {%- set stored_failures = [] -%}
    {%- set names = {} -%}
    {%- for node in graph.nodes.values() | list + graph.sources.values() | list -%}
        {%- set tagged = [] -%}
        {%- for column in node.columns.values() if 'pii' in column.tags -%}
            {%- do tagged.append(column) -%}
            {%- do names.update({column.name: column.data_type}) -%}
        {%- endfor -%}
        {%- set kind = node.config.materialized if node.resource_type != 'source' else 'source' -%}
        {%- if node.resource_type == 'test' -%}
            {%- do stored_failures.append(node) -%}
        {%- elif tagged and kind in ['materialized_view', 'streaming_table', 'metric_view'] -%}
            {{ exceptions.raise_compiler_error(
                node.name ~ ' is a ' ~ kind ~ ' and holds personal data: it cannot be changed in place'
            ) }}
        {%- elif tagged and kind not in ['view', 'ephemeral'] -%}
            {%- set relation = adapter.get_relation(
                node.database, node.schema, node.identifier or node.alias
            ) -%}
            {%- if relation and relation.render() not in seen -%}
                {%- do seen.append(relation.render()) -%}
                {%- do found.append(pii_table(relation, tagged, node.columns.keys() | list)) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {#- What `dbt test --store-failures` kept: whole rows of the tables tested, without tags. -#}
    {%- for node in stored_failures
        if adapter.check_schema_exists(node.database, node.schema) -%}
        {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
        {%- if relation -%}
            {%- set held = adapter.get_columns_in_relation(relation)
                | map(attribute='name') | list -%}
            {%- set tagged = [] -%}
            {%- for name, data_type in names.items() if name in held -%}
                {%- do tagged.append({'name': name, 'data_type': data_type}) -%}
            {%- endfor -%}
            {%- if tagged -%}
                {%- do found.append(pii_table(relation, tagged, held)) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
