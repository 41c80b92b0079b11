{# A developer's target reads the messages of production: it must not change them. #}
{% macro is_own_source(node) -%}
    {{ return(
        has_plain_schemas()
        or (
            node.database == target.database
            and node.schema == generate_schema_name(node.source_name, none) | trim
        )
    ) }}
{%- endmacro %}
