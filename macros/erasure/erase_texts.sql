{% macro erase_texts(table, customer_id) -%}
    {%- set assignments = [] -%}
    {%- set conditions = [] -%}
    {%- for column in table.texts -%}
        {%- do assignments.append(
            column ~ ' = case when ' ~ column ~ " is not null then '[erased]' end"
        ) -%}
        {%- do conditions.append(column ~ " <> '[erased]'") -%}
    {%- endfor -%}
    {%- set changed = run_query(
        'update ' ~ table.relation ~ ' set ' ~ assignments | join(', ')
        ~ ' where customer_id = ' ~ literal(customer_id)
        ~ ' and (' ~ conditions | join(' or ') ~ ')'
    ) -%}
    {{ return(changed.rows[0][0] | int) }}
{%- endmacro %}
