{{ config(
    materialized='streaming_table',
    schedule={'cron': '0 0 1 * * ? *', 'time_zone_value': 'Etc/UTC'},
    databricks_tags={'layer': 'bronze'},
    tblproperties={'team': 'sales'},
) }}

select id, upper(n) as n, landed_at from stream {{ source('landing', 'events') }}
