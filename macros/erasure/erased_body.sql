{# All but the values stays as it is, byte for byte, and so does the rule that a message breaks:
   JSON stays JSON, an object or array in place of a value stays one, and what was no JSON gets a
   byte that UTF-8 does not have. Otherwise a rejected message could be accepted the next time that
   silver is built from the landed messages, and change revenue. #}
{% macro erased_body(body_text, is_json, fields) -%}
    {%- set names = [] -%}
    {%- for field in fields -%}
        {%- do names.append(pii_text_pattern(field)) -%}
    {%- endfor -%}
    {%- set name = '(?:' ~ names | join('|') ~ ')' -%}
    {%- set space = '[ \\t\\n\\r]*+' -%}
    {%- set in_double_quotes = '[^\\x22\\\\]*+(?:\\\\[\\s\\S][^\\x22\\\\]*+)*+' -%}
    {%- set in_single_quotes = '[^\\x27\\\\]*+(?:\\\\[\\s\\S][^\\x27\\\\]*+)*+' -%}
    {#- Inside a string that holds JSON an escaped quote is the end, unless it is escaped twice. -#}
    {%- set in_escaped_quotes = '[^\\x22\\\\]*+'
        ~ '(?:(?:\\\\\\\\(?:\\\\[\\s\\S]|[^\\x22\\\\])|\\\\[^\\x22\\\\])[^\\x22\\\\]*+)*+' -%}
    {%- set nested = namespace(content='') -%}
    {%- for _ in range(8) -%}
        {%- set nested.content = '(?:\\x22' ~ in_double_quotes ~ '\\x22|[^\\x22{}\\[\\]]++'
            ~ ('|[{\\[]' ~ nested.content ~ '[}\\]]' if nested.content else '') ~ ')*+' -%}
    {%- endfor -%}

    {%- set member = '\\x22' ~ name ~ '\\x22' ~ space ~ ':' ~ space -%}
    {%- set escaped_member = '\\\\\\x22' ~ name ~ '\\\\\\x22' ~ space ~ ':' ~ space -%}
    {%- set in_json = [
        ['(' ~ member ~ '\\x22)(?!\\s*+\\x22)' ~ in_double_quotes, '$1[erased]'],
        ['(' ~ member ~ '\\{)' ~ nested.content ~ '\\}', '$1}'],
        ['(' ~ member ~ '\\[)' ~ nested.content ~ '\\]', '$1]'],
        ['(' ~ member ~ ')[-0-9tf][^,}\\]\\s]*+', '$1"[erased]"'],
        ['(' ~ escaped_member ~ '\\\\\\x22)(?!\\s*+\\\\\\x22)' ~ in_escaped_quotes, '$1[erased]'],
    ] -%}

    {%- set member = pii_member_pattern(fields) -%}
    {%- set erased = '$1[erased]ÿ' -%}
    {%- set in_other_text = [
        [
            '(' ~ member ~ '\\\\++[\\x22\\x27])'
            ~ '[^\\x22\\x27\\\\]*+(?:\\\\++[^\\x22\\x27\\\\]++)*+',
            erased,
        ],
        ['(' ~ member ~ '\\x22)' ~ in_double_quotes, erased],
        ['(' ~ member ~ '\\x27)' ~ in_single_quotes, erased],
        [
            '(' ~ member ~ ')(?!\\[erased\\])[{\\[](?:' ~ nested.content ~ '[}\\]]|[\\s\\S]*+)',
            erased,
        ],
        [
            '(' ~ member ~ ')(?!(?i:null|none)\\b)'
            ~ '[^\\s\\x00\\x22\\x27\\\\{\\[,}\\]&;<][^,}\\]&;<\\r\\n]*+',
            erased,
        ],
    ] -%}

    encode(
        case
            when {{ is_json }}
                then {{ erased_text(body_text, in_json) }}
            else {{ erased_text(body_text, in_other_text) }}
        end,
        'ISO-8859-1'
    )
{%- endmacro %}
