{# Literals, not a join: files that hold only offsets below the cursor are then skipped by their
   statistics, so that a run reads what is new and not what is there. A partition without a cursor
   passes whole. #}
{% macro is_beyond_cursor() -%}
    {%- set conditions = [] -%}
    {%- for position in (held_offsets(this) if is_incremental() else []) -%}
        {%- do conditions.append(
            "(event_hub <> '" ~ position['event_hub'] ~ "'"
            ~ ' or `partition` <> ' ~ position['partition']
            ~ ' or `offset` > ' ~ position['offset'] ~ ')'
        ) -%}
    {%- endfor -%}
    {{ conditions | join(' and ') or 'true' }}
{%- endmacro %}
