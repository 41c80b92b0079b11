{# The state goes first: after a run that is killed before its hook, all is read once more. #}
{% macro overwrite_table(relation, existing, intermediate_relation, compiled_code) -%}
    {%- if config.get('contract').enforced -%}
        {%- do get_assert_columns_equivalent(compiled_code) -%}
    {%- endif -%}
    {%- do process_config_changes(relation, existing) -%}
    {%- do run_query(
        'alter table ' ~ relation
        ~ " unset tblproperties if exists ('order_intelligence.run_state')"
    ) -%}
    {%- call statement('main') -%}
        insert overwrite table {{ relation }} by name
        select * from {{ intermediate_relation }}
    {%- endcall -%}
{%- endmacro %}
