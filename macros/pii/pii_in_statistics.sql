{# Without the property Delta keeps the least and the greatest value of every file in its log, names
   among them, for as long as the log is kept. What the property does not name cannot be skipped by. #}
{% macro pii_in_statistics() -%}
    {%- set findings = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type in ['model', 'snapshot'] -%}
        {%- set personal = [] -%}
        {%- set others = [] -%}
        {%- for column in node.columns.values() if column.data_type -%}
            {%- set kind = column.data_type.split('<')[0].split('(')[0] -%}
            {%- if 'pii' in column.tags and kind == 'string' -%}
                {%- do personal.append(column.name) -%}
            {%- elif kind not in ['array', 'binary', 'boolean', 'map', 'struct', 'variant'] -%}
                {%- do others.append(column.name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if personal and node.config.materialized in ['table', 'incremental', 'snapshot'] -%}
            {%- set named = (node.config.get('tblproperties') or {}).get(
                'delta.dataSkippingStatsColumns', ''
            ).replace(' ', '').split(',') -%}
            {%- for column in personal -%}
                {%- if named == [''] or column in named -%}
                    {%- do findings.append(
                        {'table': node.name, 'column': column, 'finding': 'personal data'}
                    ) -%}
                {%- endif -%}
            {%- endfor -%}
            {%- for column in others if column not in named and named != [''] -%}
                {%- do findings.append(
                    {'table': node.name, 'column': column, 'finding': 'has no statistics'}
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(findings) }}
{%- endmacro %}
