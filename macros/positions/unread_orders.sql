{# Not further than order_details has got: events whose orders are still to come would be taken for
   read when order_amounts runs alone. #}
{% macro unread_orders() -%}
    {%- set order_details = ref('order_details') -%}
    {{ return(
        unread_positions(order_details)
        if run_state(order_details).get('positions')
        else unread_events()
    ) }}
{%- endmacro %}
