{% macro pii_places_in_gold() -%}
    {%- set names = [] -%}
    {%- for node in graph.nodes.values() if node.columns -%}
        {%- for column in node.columns.values() if 'pii' in column.tags -%}
            {%- do names.append(column.name) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set names = names | unique | list -%}
    {%- set places = [] -%}
    {%- for node in pii_gold_nodes() -%}
        {%- for column in node.columns.values() if 'pii' in column.tags or column.name in names -%}
            {%- do places.append({
                'relation': node.name, 'column': column.name, 'finding': 'personal data by name or tag',
            }) -%}
        {%- endfor -%}
        {%- set words = modules.re.findall('\\w+', node.raw_code | lower) -%}
        {%- for name in names if name in words -%}
            {%- do places.append({
                'relation': node.name, 'column': name, 'finding': 'named in the code of the model',
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for exposure in graph.get('exposures', {}).values() -%}
        {%- for parent in exposure.depends_on.nodes -%}
            {%- for column in graph.nodes[parent].columns.values() if 'pii' in column.tags -%}
                {%- do places.append({
                    'relation': exposure.name, 'column': column.name,
                    'finding': 'an exposure of ' ~ graph.nodes[parent].name,
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(places) }}
{%- endmacro %}
