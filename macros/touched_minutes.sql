{# Also those that became final since the last run: nothing was booked in them, time has passed. #}
{% macro touched_minutes(positions, now) -%}
    {%- set before = run_state(this).get('latest_occurred_at') if is_incremental() -%}
    select date_trunc('minute', bookings.booked_at) as minute_at
    from ({{ touched_bookings(positions) }}) as bookings
    union
    select minute_at
    from {{ this }}
    where
        minute_at > {{ last_final_minute('timestamp' ~ literal(before or '0001-01-01')) }}
        and minute_at <= {{ last_final_minute('timestamp' ~ literal(now)) }}
{%- endmacro %}
