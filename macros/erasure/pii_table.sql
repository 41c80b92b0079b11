{% macro pii_table(relation, tagged, columns) -%}
    {%- set names = columns | map(attribute='name') | list -%}
    {%- set texts = [] -%}
    {%- set bodies = [] -%}
    {%- for column in tagged -%}
        {%- if column.data_type == 'string' -%}
            {%- do texts.append(column.name) -%}
        {%- elif column.data_type == 'binary' -%}
            {%- do bodies.append(column.name) -%}
        {%- else -%}
            {{ exceptions.raise_compiler_error(
                'column ' ~ column.name ~ ' of ' ~ relation ~ ' is tagged pii: its data_type must be '
                ~ 'string (a value) or binary (a message), not ' ~ column.data_type
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {%- set other_texts = [] -%}
    {%- for column in columns if column.data_type == 'string' and column.name not in texts -%}
        {%- do other_texts.append(column.name) -%}
    {%- endfor -%}
    {%- if texts and 'customer_id' not in names -%}
        {{ exceptions.raise_compiler_error(
            relation ~ ' holds personal data without customer_id: nobody could tell whose it is'
        ) }}
    {%- endif -%}
    {{ return({
        'relation': relation,
        'texts': texts,
        'bodies': bodies,
        'other_texts': other_texts,
        'is_kept': true,
    }) }}
{%- endmacro %}
