{# One pass and null-safe: a row that both sides hold equally often adds up to nothing. Columns are
   compared by position, so that a column that one side lacks is an error, not an oversight. #}
{% macro differing_rows(relation, recomputed) -%}
    select
        * except (side),
        if(sum(side) > 0, 'only in the table', 'only recomputed') as found,
        abs(sum(side)) as row_count
    from (
        select
            *,
            1 as side
        from {{ relation }}
        union all
        select
            *,
            -1 as side
        from {{ recomputed }}
    )
    group by all
    having sum(side) <> 0
{%- endmacro %}
