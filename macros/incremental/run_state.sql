{# Kept in a table property, not in rows: reading it costs the same whatever the table holds, and it
   is dropped, restored and cloned with the rows it speaks of. Asked once while a model is compiled:
   nobody writes it meanwhile. #}
{% macro run_state(relation) -%}
    {#- In a unit test rows stand in place of the table. -#}
    {%- if not relation or relation is string -%}
        {{ return({}) }}
    {%- endif -%}
    {%- set known = model.setdefault('run_states', {}) if model is defined else {} -%}
    {%- if relation.render() in known -%}
        {{ return(known[relation.render()]) }}
    {%- endif -%}
    {%- set existing = adapter.get_relation(
        relation.database, relation.schema, relation.identifier
    ) if execute -%}
    {%- set found = namespace(state={}) -%}
    {%- if existing and not existing.is_view -%}
        {%- for row in run_query('show tblproperties ' ~ existing).rows
            if row[0] == 'order_intelligence.run_state' -%}
            {%- set found.state = fromjson(row[1]) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do known.update({relation.render(): found.state}) -%}
    {{ return(found.state) }}
{%- endmacro %}
