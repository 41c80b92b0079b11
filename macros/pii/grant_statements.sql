{# On schemas: a grant there holds for every table and view that is or will be in it. #}
{% macro grant_statements(readers_of, pii_readers) -%}
    {%- set open_schemas = [] -%}
    {%- for node in graph.nodes.values() | list + graph.get('sources', {}).values() | list -%}
        {%- for column in (node.columns or {}).values() if 'pii' in column.tags -%}
            {%- if not column.get('column_mask') -%}
                {%- do open_schemas.append(node.schema) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set statements = [] -%}
    {%- for name, groups in readers_of.items() -%}
        {%- set schema = generate_schema_name(name, none) | trim -%}
        {%- for group in groups -%}
            {%- if schema in open_schemas and group != pii_readers -%}
                {{ exceptions.raise_compiler_error(
                    'schema_readers opens ' ~ schema ~ ' to ' ~ group ~ ', but it holds personal data '
                    ~ 'that no mask covers: only the group in pii_readers may read it'
                ) }}
            {%- endif -%}
            {%- do statements.append(
                'grant use schema, select on schema `' ~ target.database ~ '`.`' ~ schema
                ~ '` to `' ~ group ~ '`'
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(statements) }}
{%- endmacro %}
