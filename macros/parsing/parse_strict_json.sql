{# try_parse_json refuses all that RFC 8259 refuses, but stops reading after the first value. Text
   that follows that value would have to continue with `,` or `]` to parse inside an array and with
   `,` or `}` inside an object: both only with `,`, and then the array has more than one element. #}
{% macro parse_strict_json(body_text) -%}
    case
        when size(try_cast(try_parse_json(concat('[', {{ body_text }}, ']')) as array<variant>)) = 1
            then
                try_variant_get(
                    try_parse_json(concat('{"value":', {{ body_text }}, '}')), '$.value', 'variant'
                )
    end
{%- endmacro %}
