{% macro read_text(document) -%}
    case
        when cast({{ document }} as string) rlike '[^\\s]' then cast({{ document }} as string)
    end
{%- endmacro %}
