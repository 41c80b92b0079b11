{% macro unread_events() -%}
    {{ return(unread_positions(ref('order_events'))) }}
{%- endmacro %}
