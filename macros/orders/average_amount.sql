{# Spark keeps 6 decimals of the quotient of wide decimals, and rounding that once more to the cent
   can round up what lies just below half a cent. Up to 10^22 USD the types are narrow enough for 15. #}
{% macro average_amount(amount, count) -%}
    cast(
        coalesce(
            round(
                try_cast({{ amount }} as decimal(24, 2))
                / nullif(cast({{ count }} as decimal(12, 0)), 0),
                2
            ),
            round({{ amount }} / nullif({{ count }}, 0), 2)
        ) as decimal(34, 2)
    )
{%- endmacro %}
