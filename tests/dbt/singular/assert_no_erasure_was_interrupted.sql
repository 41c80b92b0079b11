{{ config(tags=['nightly']) }}

-- A row per table that erase_customer left half-way, or whose files nothing retains.
{%- set findings = interrupted_erasures() if execute else [] %}

select
    table_name,
    finding
from
    values
    {%- for each in findings %}
        ({{ literal(each.relation | string) }}, {{ literal(each.finding) }}),
    {%- endfor %}
    (null, null)
        as findings (table_name, finding)
where finding is not null
