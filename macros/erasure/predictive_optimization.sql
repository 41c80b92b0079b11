{# Where it is not spoken of, there is none: in catalogs other than Unity Catalog's, and locally. #}
{% macro predictive_optimization(relation) -%}
    {%- for row in run_query('describe table extended ' ~ relation).rows
        if row[0] == 'Predictive Optimization' and (row[1] or '').upper().startswith('ENABLE') -%}
        {{ return('inherit' if 'inherited' in row[1] else 'enable') }}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}
