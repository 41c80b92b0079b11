{% macro has_columns_of(existing, intermediate_relation) -%}
    {%- set held = [] -%}
    {%- for column in adapter.get_columns_in_relation(existing) -%}
        {%- do held.append([column.name, column.dtype]) -%}
    {%- endfor -%}
    {%- set wanted = [] -%}
    {%- for column in adapter.get_columns_in_relation(intermediate_relation) -%}
        {%- do wanted.append([column.name, column.dtype]) -%}
    {%- endfor -%}
    {%- set model_config = adapter.get_config_from_model(config.model) -%}
    {%- set changes = model_config.get_changeset(
        adapter.get_relation_config(existing, model_config)
    ) -%}
    {{ return(held == wanted and not (changes and changes.changes.get('constraints'))) }}
{%- endmacro %}
