{# Rows are matched by the body itself, so that any table of messages can be treated. Landed
   messages are append only; the note lets a run after an interrupted one put that back. #}
{% macro erase_bodies(table, body, customer_id, known_from) -%}
    {%- set relation = table.relation -%}
    {%- set note = 'order_intelligence.append_only_before_erasure' -%}
    {%- set properties = pii_table_properties(relation) -%}
    {%- set is_append_only = 'true' in
        [properties.get('delta.appendOnly'), properties.get(note)] -%}
    {%- if is_append_only -%}
        {%- do run_query(
            'alter table ' ~ relation ~ " set tblproperties ('delta.appendOnly' = 'false', "
            ~ literal(note) ~ " = 'true')"
        ) -%}
    {%- endif -%}
    {%- set merge %}
        merge into {{ relation }} as held
        using (
            select distinct
                body,
                erased_body
            from ({{ pii_messages(table, body, customer_id, known_from) }})
            where body <> erased_body
        ) as theirs
            on held.`{{ body }}` = theirs.body
        when matched then update set `{{ body }}` = theirs.erased_body
    {%- endset -%}
    {%- set changed = run_query(merge) -%}
    {%- if is_append_only -%}
        {%- do run_query(
            'alter table ' ~ relation ~ " set tblproperties ('delta.appendOnly' = 'true')"
        ) -%}
        {%- do run_query('alter table ' ~ relation ~ ' unset tblproperties (' ~ literal(note) ~ ')') -%}
    {%- endif -%}
    {{ return(changed.rows[0][0] | int) }}
{%- endmacro %}
