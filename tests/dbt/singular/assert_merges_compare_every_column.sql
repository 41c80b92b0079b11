{{ config(tags=['nightly']) }}

-- A column that matched_condition leaves out would keep its old value where only it changes.
{%- set forgotten = [] -%}
{%- for node in graph.nodes.values() if node.config.get('matched_condition') -%}
    {%- set key = [node.config.unique_key] if node.config.unique_key is string else node.config.unique_key -%}
    {%- for column in node.columns if column not in key -%}
        {%- if '`' ~ column ~ '`' not in node.config.matched_condition -%}
            {%- do forgotten.append((node.name, column)) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endfor %}

select
    model_name,
    column_name
from
    values
    {% for model_name, column_name in forgotten -%}
        ('{{ model_name }}', '{{ column_name }}'),
    {% endfor -%}
    (null, null)
    as forgotten (model_name, column_name)
where model_name is not null
