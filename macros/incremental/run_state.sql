{# Kept in a table property, not in rows: reading it costs the same whatever the table holds, and it
   is dropped, restored and cloned with the rows it speaks of. #}
{% macro run_state(relation) -%}
    {%- set existing = adapter.get_relation(
        relation.database, relation.schema, relation.identifier
    ) if execute -%}
    {%- if existing and not existing.is_view -%}
        {%- for row in run_query('show tblproperties ' ~ existing).rows
            if row[0] == 'order_intelligence.run_state' -%}
            {{ return(fromjson(row[1])) }}
        {%- endfor -%}
    {%- endif -%}
    {{ return({}) }}
{%- endmacro %}
