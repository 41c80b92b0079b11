{# A column mask calls a function: who is in the group sees the value, all others see none of it. #}
{% macro mask_statements(readers) -%}
    {%- set schema = '`' ~ target.database ~ '`.`'
        ~ generate_schema_name('silver', none) | trim ~ '`' -%}
    {%- set is_reader = 'is_account_group_member(' ~ literal(readers) | trim ~ ')' -%}
    {%- set statements = ['create schema if not exists ' ~ schema] -%}
    {%- for name, data_type, masked in [
        ('mask_pii', 'string', "'[masked]'"),
        ('mask_pii_message', 'binary', "cast('[masked]' as binary)"),
    ] -%}
        {%- do statements.append(
            'create or replace function ' ~ schema ~ '.`' ~ name ~ '`(value ' ~ data_type ~ ')'
            ~ '\nreturns ' ~ data_type
            ~ '\ncomment ' ~ literal('The value for members of ' ~ readers ~ ', [masked] for others.') | trim
            ~ '\nreturn case when value is null or ' ~ is_reader ~ ' then value else ' ~ masked ~ ' end'
        ) -%}
    {%- endfor -%}
    {{ return(statements) }}
{%- endmacro %}
