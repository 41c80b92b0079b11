{{ config(tags=['nightly']) }}

-- A row per column that delta.dataSkippingStatsColumns names, or leaves out, wrongly.
{%- set findings = pii_in_statistics() if execute else [] %}

select
    table_name,
    column_in_table,
    finding
from
    values
    {%- for each in findings %}
        ('{{ each.table }}', '{{ each.column }}', '{{ each.finding }}'),
    {%- endfor %}
    (null, null, null)
        as findings (table_name, column_in_table, finding)
where finding is not null
