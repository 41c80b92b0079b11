{# Whatever else a target is called, it is somebody's copy and must not touch the original. #}
{% macro has_plain_schemas() -%}
    {{ return(target.name in ['local', 'prod']) }}
{%- endmacro %}
