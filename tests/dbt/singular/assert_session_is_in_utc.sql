{{ config(tags=['nightly']) }}

-- A row if dates and hours are those of another zone: the profile does not pin the session.
select current_timezone() as session_timezone
where current_timezone() not in ('UTC', 'Etc/UTC')
