{# Found by the tags of columns, so that a table that comes to hold personal data is treated without
   anyone thinking of it. Tables that are not built, or not this target's own, are left out. #}
{% macro pii_tables() -%}
    {%- set found = [] -%}
    {%- set seen = [] -%}
    {%- set stored_failures = [] -%}
    {%- set names = {} -%}
    {%- set sources = [] -%}
    {%- for node in graph.get('sources', {}).values() if is_own_source(node) -%}
        {%- do sources.append(node) -%}
    {%- endfor -%}
    {%- for node in graph.nodes.values() | list + sources -%}
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
                {%- do found.append(pii_table(relation, tagged, node.columns.values() | list)) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {#- What `dbt test --store-failures` kept: whole rows of the tables tested, without tags. -#}
    {%- set there = {} -%}
    {%- for node in stored_failures -%}
        {%- if node.schema not in there -%}
            {%- do there.update({
                node.schema: adapter.check_schema_exists(node.database, node.schema),
            }) -%}
        {%- endif -%}
        {%- set relation = adapter.get_relation(node.database, node.schema, node.alias)
            if there[node.schema] else none -%}
        {%- if relation -%}
            {%- set held = [] -%}
            {%- set tagged = [] -%}
            {%- for column in adapter.get_columns_in_relation(relation) -%}
                {%- do held.append({'name': column.name, 'data_type': column.dtype}) -%}
                {%- if column.name in names -%}
                    {%- do tagged.append({'name': column.name, 'data_type': names[column.name]}) -%}
                {%- endif -%}
            {%- endfor -%}
            {%- if tagged -%}
                {%- set table = pii_table(relation, tagged, held) -%}
                {%- do table.update({'is_kept': false}) -%}
                {%- do found.append(table) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
