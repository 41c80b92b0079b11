{% macro unread_messages() -%}
    {{ return(unread_positions(source('bronze', 'order_events'))) }}
{%- endmacro %}
