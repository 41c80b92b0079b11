{# Messages are read by the project's own code: it may be newer than the view in the warehouse. #}
{% macro replay_changes(candidates, ranges, states) -%}
    {%- set same_position = 'on candidates.event_hub = held.event_hub'
        ~ ' and candidates.`partition` = held.`partition`'
        ~ ' and candidates.`offset` = held.`offset`' -%}
    {%- set said = [] -%}
    {%- set says = [] -%}
    {%- for field in order_event_fields() + ['unknown_fields'] if field != 'order_status' -%}
        {%- do said.append(
            'taken.' ~ ('reported_total_amount' if field == 'total_amount' else field)
        ) -%}
        {%- do says.append('staged.' ~ field) -%}
    {%- endfor %}
with

candidates as (

    {{ candidates }}

),

staged as (

    select held.*
    from ({{ staged_order_events() }}) as held
    left semi join candidates
        {{ same_position }}
    where
        {{ is_between(ranges, 'held') }}
        and {{ is_taken_in(states, 'held') }}

),

taken as (

    select held.*
    from {{ ref('order_events') }} as held
    left semi join candidates
        {{ same_position }}
    where {{ is_between(ranges, 'held') }}

),

quarantined as (

    select held.*
    from {{ ref('quarantined_order_events') }} as held
    left semi join candidates
        {{ same_position }}
    where {{ is_between(ranges, 'held') }}

),

compared as (

    select
        staged.event_hub,
        staged.`partition`,
        staged.`offset`,
        staged.rule_id as rule_now,
        staged.event_id,
        quarantined.rule_id as rule_before,
        taken.event_id as held_event_id,
        case
            when quarantined.rule_id is not null
                then
                    staged.rule_id is distinct from quarantined.rule_id
                    or staged.reason is distinct from quarantined.reason
            when taken.event_id is not null
                then
                    staged.rule_id is not null
                    or struct({{ says | join(', ') }}) <> struct({{ said | join(', ') }})
            when staged.rule_id is not null then true
            -- A copy, unless it is the first.
            else
                first_copies.event_id is null
                or struct(
                    staged.ingest_batch_id, staged.`partition`, staged.`offset`, staged.event_hub
                ) < struct(
                    first_copies.ingest_batch_id,
                    first_copies.`partition`,
                    first_copies.`offset`,
                    first_copies.event_hub
                )
        end as is_changed
    from staged
    left join taken
        on
            staged.event_hub = taken.event_hub
            and staged.`partition` = taken.`partition`
            and staged.`offset` = taken.`offset`
    left join quarantined
        on
            staged.event_hub = quarantined.event_hub
            and staged.`partition` = quarantined.`partition`
            and staged.`offset` = quarantined.`offset`
    left join {{ ref('order_events') }} as first_copies
        on
            staged.event_id = first_copies.event_id
            and staged.rule_id is null

)

select
    event_hub,
    `partition`,
    `offset`,
    rule_now,
    event_id,
    rule_before,
    held_event_id
from compared
where is_changed
{%- endmacro %}
