{# `dbt compile` and `dbt docs generate` run before anything is built, too. #}
{% macro is_built(relation) -%}
    {%- set built = adapter.get_relation(
        relation.database, relation.schema, relation.identifier
    ) -%}
    {{ return(built is not none) }}
{%- endmacro %}
