{# Literals, not a join: files that hold only offsets below the cursor are then skipped by their statistics,
   so that a run reads what is new and not what is there. A partition without a cursor passes whole. #}
{% macro is_beyond_cursor() -%}
    {%- if is_incremental() -%}
        {%- set positions = held_offsets(this) -%}
        {%- for position in positions %}
        {{ 'and ' if not loop.first }}(
            event_hub <> '{{ position['event_hub'] }}'
            or `partition` <> {{ position['partition'] }}
            or `offset` > {{ position['offset'] }}
        )
        {%- else -%}
        true
        {%- endfor -%}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
