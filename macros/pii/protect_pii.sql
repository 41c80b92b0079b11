{% macro protect_pii(dry_run=false) -%}
    {%- set readers = var('pii_readers') -%}
    {%- set statements = mask_statements(readers) if readers else [] -%}
    {%- do statements.extend(grant_statements(var('schema_readers'), readers)) -%}
    {%- if not statements -%}
        {{ exceptions.raise_compiler_error(
            'protect_pii has nothing to do: set the variables pii_readers and schema_readers'
        ) }}
    {%- endif -%}
    {%- if readers and not dry_run -%}
        {%- do pii_check_reader(readers) -%}
    {%- endif -%}
    {%- for statement in statements -%}
        {%- do log(statement ~ ';', info=true) -%}
        {%- if not dry_run -%}
            {%- do run_query(statement) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
