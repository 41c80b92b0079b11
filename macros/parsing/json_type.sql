{% macro json_type(value) -%}
    case regexp_extract(schema_of_variant({{ value }}), '^[A-Z]+', 0)
        when 'STRING' then 'string'
        when 'BOOLEAN' then 'boolean'
        when 'VOID' then 'null'
        when 'OBJECT' then 'object'
        when 'ARRAY' then 'array'
        else 'number'
    end
{%- endmacro %}
