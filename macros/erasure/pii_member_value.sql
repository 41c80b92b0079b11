{# What an object says at its top, or else the first member of that name in the text. #}
{% macro pii_member_value(document, body_text, field) -%}
    {%- set value = pii_member_pattern([field])
        ~ '\\\\*+[\\x22\\x27]?([^\\s\\x22\\x27\\\\,}\\]&;<]++)' -%}
    coalesce(
        try_variant_get({{ document }}, '$.{{ field }}', 'string'),
        cast(
            encode(
                replace(regexp_extract({{ body_text }}, {{ literal(value) }}, 1), '\0', ''),
                'ISO-8859-1'
            ) as string
        )
    )
{%- endmacro %}
