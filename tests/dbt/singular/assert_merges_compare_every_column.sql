{{ config(tags=['nightly']) }}

-- A column that matched_condition leaves out would keep its old value where only it changes.
{%- set forgotten = [] -%}
{%- for node in graph.nodes.values() if node.config.get('matched_condition') -%}
    {%- set key = node.config.unique_key -%}
    {%- set key_columns = [key] if key is string else key -%}
    {%- for column in node.columns if column not in key_columns -%}
        {%- if '`' ~ column ~ '`' not in node.config.matched_condition -%}
            {%- do forgotten.append(node.name ~ '.' ~ column) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endfor %}

select explode(from_json('{{ forgotten | tojson }}', 'array<string>')) as forgotten_column
