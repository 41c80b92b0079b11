{# The pattern bounds the digits so that decimal(38, 26) holds every text it lets through exactly:
   only then does the comparison tell a value that fits from one that the cast would round. #}
{% macro read_decimal(text, precision, scale) -%}
    {%- set digits = '0*[0-9]{1,15}([.][0-9]{0,17}0*)?|[.][0-9]{1,17}0*' -%}
    {%- set exponent = '[eE]([+]?0*[0-9]{1,2}|-0*[0-9])' -%}
    {%- set type = 'decimal(' ~ precision ~ ', ' ~ scale ~ ')' -%}
    case
        when
            {{ text }} rlike '^\\s*[+-]?({{ digits }})({{ exponent }})?\\s*\\z'
            and try_cast({{ text }} as decimal(38, 26))
            = try_cast({{ text }} as {{ type }})
            then try_cast({{ text }} as {{ type }})
    end
{%- endmacro %}
