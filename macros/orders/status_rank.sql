{% macro status_rank(order_status) -%}
    array_position(
        array('{{ var("order_statuses") | join("', '") }}'), {{ order_status }}
    )
{%- endmacro %}
