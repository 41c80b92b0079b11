{# Also those that became final since the last run: nothing was booked in them, time has passed. A
   replay that takes the latest event away puts "now" back, and they are final no more. #}
{% macro touched_minutes(positions, now) -%}
    {%- set state = run_state(this) if is_incremental() else {} -%}
    {%- set before = state.get('latest_occurred_at') or '0001-01-01' -%}
    select date_trunc('minute', bookings.booked_at) as minute_at
    from ({{ touched_bookings(positions) }}) as bookings
    union
    select minute_at
    from {{ this }}
    where
        minute_at > {{ last_final_minute('timestamp' ~ literal([before, now] | min)) }}
        and minute_at <= {{ last_final_minute('timestamp' ~ literal([before, now] | max)) }}
{%- endmacro %}
