{# One text tells the names and the types of all fields. #}
{% macro is_regular(document) -%}
    {%- set members = [] -%}
    {%- for field in order_event_fields() -%}
        {%- set value = '0' if field in order_event_number_fields() else '""' -%}
        {%- do members.append('"' ~ field ~ '": ' ~ value) -%}
    {%- endfor -%}
    coalesce(
        schema_of_variant({{ document }})
        = schema_of_variant(parse_json('{ {{ members | join(", ") }} }')),
        false
    )
{%- endmacro %}
