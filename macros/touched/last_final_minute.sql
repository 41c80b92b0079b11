{% macro last_final_minute(now) -%}
    {{ now }} - interval '1' minute
    - interval '{{ var("minute_lateness_allowance_minutes") }}' minute
{%- endmacro %}
