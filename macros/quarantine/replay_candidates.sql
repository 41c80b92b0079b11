{# Whatever else has landed reads as it did: rules that became stricter need a full refresh. #}
{% macro replay_candidates(rule_id, followed) -%}
    select
        event_hub,
        `partition`,
        `offset`
    from (
        select
            event_hub,
            `partition`,
            `offset`
        from {{ ref('quarantined_order_events') }}
        where {{ 'rule_id = ' ~ literal(rule_id) if rule_id else 'true' }}
        union
        select
            event_hub,
            `partition`,
            `offset`
        from {{ ref('order_event_corrections') }}
        where {{ 'false' if rule_id else 'true' }}
        union
        select
            event_hub,
            `partition`,
            `offset`
        from {{ ref('order_event_replays') }}
        where {{ 'false' if rule_id else 'true' }}
    )
    {#- Those that still wait are not asked for again. -#}
    except
    select
        event_hub,
        `partition`,
        `offset`
    from {{ ref('order_event_replays') }}
    where replay_number > {{ followed }}
{%- endmacro %}
