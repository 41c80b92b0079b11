{# Messages first: orders and e-mail addresses that the tables still hold tell whose they are. An
   operation that was interrupted is run again. #}
{% macro erase_customer(customer_id=none, vacuum='lite') -%}
    {%- set customer_id = '' if customer_id is none else customer_id | string -%}
    {%- if not customer_id | trim -%}
        {{ exceptions.raise_compiler_error(
            "erase_customer needs a customer: --args '{customer_id: C1023}'"
        ) }}
    {%- endif -%}
    {%- if vacuum not in ['lite', 'full'] -%}
        {{ exceptions.raise_compiler_error('vacuum is lite or full, not ' ~ vacuum) }}
    {%- endif -%}

    {%- if var('pii_readers') -%}
        {%- do pii_check_reader(var('pii_readers')) -%}
    {%- endif -%}
    {%- set tables = pii_tables() -%}
    {%- set others = [] -%}
    {%- for node in graph.get('sources', {}).values() if not is_own_source(node) -%}
        {%- do others.append(node.relation_name) -%}
    {%- endfor -%}
    {%- if others -%}
        {%- do log(
            'not of the target ' ~ target.name ~ ' and left as they are: ' ~ others | join(', '),
            info=true
        ) -%}
    {%- endif -%}
    {%- set known_from = [] -%}
    {%- for table in tables if table.is_kept
        and 'customer_email' in table.texts and 'order_id' in table.other_texts -%}
        {%- do known_from.append(table) -%}
    {%- endfor -%}

    {%- set known = namespace(rows=0) -%}
    {%- for table in tables -%}
        {%- if table.texts and not known.rows -%}
            {%- set known.rows = run_query(
                'select count(*) from ' ~ table.relation ~ ' where customer_id = '
                ~ literal(customer_id)
            ).rows[0][0] | int -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for table in tables -%}
        {%- for body in table.bodies -%}
            {%- if not known.rows -%}
                {%- set known.rows = run_query(
                    'select count(*) from ('
                    ~ pii_messages(table, body, customer_id, known_from) ~ ')'
                ).rows[0][0] | int -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if not known.rows -%}
        {{ exceptions.raise_compiler_error(
            'there is no customer ' ~ customer_id ~ ': no table holds a row or message of theirs, '
            ~ ('of those that are the target ' ~ target.name ~ "'s own, " if others)
            ~ 'and nothing was changed'
        ) }}
    {%- endif -%}

    {#- Refused here, before anything is changed, if the log no longer reaches back far enough. -#}
    {%- for table in tables -%}
        {%- do run_query('vacuum ' ~ table.relation ~ ' ' ~ vacuum ~ ' dry run') -%}
    {%- endfor -%}
    {%- for table in tables -%}
        {%- for body in table.bodies -%}
            {%- set changed = erase_bodies(table, body, customer_id, known_from) -%}
            {%- do log(table.relation ~ ': ' ~ changed ~ ' messages erased', info=true) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for table in tables if table.texts -%}
        {%- set changed = erase_texts(table, customer_id) -%}
        {%- do log(table.relation ~ ': ' ~ changed ~ ' rows erased', info=true) -%}
    {%- endfor -%}
    {%- for table in tables -%}
        {%- do erase_old_files(table.relation, vacuum) -%}
        {#- Made anew by the next test that fails; until then its log names values of its rows. -#}
        {%- if not table.is_kept -%}
            {%- do run_query('drop table ' ~ table.relation) -%}
            {%- do log(table.relation ~ ': stored test failures, dropped', info=true) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for table in tables if table.is_kept -%}
        {%- for body in table.bodies -%}
            {%- set counts = run_query(
                'select count_if(body <> erased_body), count_if(is_left) from ('
                ~ pii_messages(table, body, customer_id, known_from) ~ ')'
            ).rows[0] -%}
            {%- if counts[0] | int -%}
                {%- do exceptions.warn(
                    table.relation ~ ' got ' ~ counts[0] ~ ' messages of customer ' ~ customer_id
                    ~ ' meanwhile: run the operation again'
                ) -%}
            {%- endif -%}
            {%- if counts[1] | int -%}
                {%- do exceptions.warn(
                    table.relation ~ ' holds ' ~ counts[1] ~ ' messages of customer ' ~ customer_id
                    ~ ' that may still name them in a way this operation cannot read: look at them'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do log(
        'customer ' ~ customer_id ~ ' is erased from '
        ~ ('the tables of the target ' ~ target.name ~ ' alone' if others
            else 'what has landed so far')
        ~ ': later messages that name them need the operation again', info=true
    ) -%}
{%- endmacro %}
