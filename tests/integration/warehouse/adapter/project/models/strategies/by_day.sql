{% set yesterday = modules.datetime.datetime.now(modules.pytz.utc) - modules.datetime.timedelta(days=1) %}
{{ config(
    incremental_strategy='microbatch',
    event_time='landed_at',
    begin=yesterday.strftime('%Y-%m-%d'),
    batch_size='day',
    lookback=0,
) }}

select id, n, landed_at from {{ source('landing', 'events') }}
