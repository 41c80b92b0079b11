{% macro read_run_note() -%}
    {%- set lines = (model.get('compiled_code') or '').split('-- run note: ') -%}
    {{ return(fromjson(lines[1].split('\n')[0]) if lines | length > 1 else {}) }}
{%- endmacro %}
