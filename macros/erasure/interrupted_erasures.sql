{% macro interrupted_erasures() -%}
    {%- set findings = [] -%}
    {%- for table in pii_tables() -%}
        {%- set properties = pii_table_properties(table.relation) -%}
        {%- for name, value in properties.items() -%}
            {%- if name.startswith('order_intelligence.') and name.endswith('_before_erasure') -%}
                {%- do findings.append(
                    {'relation': table.relation, 'finding': name ~ ' is ' ~ value}
                ) -%}
            {%- elif name == 'delta.deletedFileRetentionDuration'
                and modules.re.search('(^|\\D)0+\\W*(\\w+)?\\Z', value) -%}
                {%- do findings.append(
                    {'relation': table.relation, 'finding': name ~ ' is ' ~ value}
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(findings) }}
{%- endmacro %}
