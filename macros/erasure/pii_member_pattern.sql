{# In JSON, in what was meant to be JSON (single quotes, quotes escaped once more, cut off), and in
   other notations with a name, a sign and a value. #}
{% macro pii_member_pattern(fields) -%}
    {%- set names = [] -%}
    {%- for field in fields -%}
        {%- do names.append(pii_text_pattern(field)) -%}
    {%- endfor -%}
    {{ return(
        '(?<![A-Za-z0-9_])(?:' ~ names | join('|') ~ ')'
        ~ '[\\x00\\\\]*+[\\x22\\x27]?[\\s\\x00]*+(?:=>|[:=>])[\\s\\x00]*+'
    ) }}
{%- endmacro %}
