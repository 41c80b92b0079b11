{% test all_hold(model, claims) %}

with

checked as (

    select
        *,
        array_compact(
            array(
                {% for name, claim in claims.items() -%}
                    case when not coalesce({{ claim | trim }}, false) then '{{ name }}' end
                    {{- ',' if not loop.last }}
                {% endfor -%}
            )
        ) as broken_claims
    from {{ model }}

)

select *
from checked
where size(broken_claims) > 0

{% endtest %}
