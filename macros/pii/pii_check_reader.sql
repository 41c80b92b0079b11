{# Whoever builds or erases must see what is there: silver would be built from masked values. #}
{% macro pii_check_reader(readers) -%}
    {%- if not run_query(
        'select is_account_group_member(' ~ literal(readers) | trim ~ ')'
    ).rows[0][0] -%}
        {{ exceptions.raise_compiler_error(
            'the one who runs dbt is not a member of ' ~ readers ~ ' (variable pii_readers): it would '
            ~ 'read masked values and write them on. Add it to the group first'
        ) }}
    {%- endif -%}
{%- endmacro %}
