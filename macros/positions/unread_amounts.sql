{# Not further than order_amounts has got: events whose amounts are still to come would be taken for
   read when a mart runs alone. #}
{% macro unread_amounts() -%}
    {%- set order_amounts = ref('order_amounts') -%}
    {{ return(
        unread_positions(order_amounts)
        if run_state(order_amounts).get('positions')
        else unread_events()
    ) }}
{%- endmacro %}
