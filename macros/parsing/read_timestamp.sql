{# The cast alone would also take a date, a time without a zone, a zone name and a year of six
   digits. The end is \z: $ would also match before a newline there. The bounds are those of SQL and of
   its clients: an offset can move a time past them. #}
{% macro read_timestamp(text) -%}
    {%- set date = '[0-9]{4}-[0-9]{2}-[0-9]{2}' -%}
    {%- set time = '[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?' -%}
    case
        when
            {{ text }} rlike '^{{ date }}[Tt ]{{ time }}([Zz]|[+-][0-9]{2}:[0-9]{2})\\z'
            and try_cast(upper({{ text }}) as timestamp)
            between timestamp '0001-01-01 00:00:00Z' and timestamp '9999-12-31 23:59:59.999999Z'
            then try_cast(upper({{ text }}) as timestamp)
    end
{%- endmacro %}
