{% macro is_unread(positions, alias=none) -%}
    {{ is_between(positions, alias) if is_incremental() else 'true' }}
{%- endmacro %}
