{% macro print_quarantine() -%}
    {%- set rows = run_query(
        'select rule_id, open_count, oldest_age_minutes, median_age_minutes, replayed_count, fix_rate'
        ~ ' from ' ~ ref('quarantined_order_events_by_rule') ~ ' order by rule_id'
    ).rows -%}
    {%- for row in rows -%}
        {%- do log(
            row[0] ~ ': ' ~ row[1] ~ ' open'
            ~ (', oldest ' ~ row[2] ~ ' min, median ' ~ row[3] ~ ' min' if row[1] | int)
            ~ ', ' ~ row[4] ~ ' replayed, fix rate ' ~ row[5],
            info=true
        ) -%}
    {%- endfor -%}
{%- endmacro %}
