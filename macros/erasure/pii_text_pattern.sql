{# The text is searched in a body decoded as ISO-8859-1, a character for each byte. Null bytes in
   between are what UTF-16 looks like from there. #}
{% macro pii_text_pattern(text) -%}
    {%- set pattern = [] -%}
    {%- for character in text -%}
        {%- set bytes = character.encode('utf-8').hex() | batch(2) | map('join') | join('\\x') -%}
        {%- set units = character.encode('utf-16-be').hex() | batch(4) | map('join') -%}
        {%- set before = {'"': '\\\\++', '\\': '\\\\++', '/': '\\\\*+'}.get(character, '') -%}
        {%- do pattern.append(
            '(?:' ~ before ~ '\\x' ~ bytes
            ~ '|\\\\++u(?i:' ~ units | join(')\\\\++u(?i:') ~ '))\\x00*+'
        ) -%}
    {%- endfor -%}
    {{ return(pattern | join) }}
{%- endmacro %}
