{# A message is a customer's if it says so in customer_id. One that has no customer_id, or none that
   can be read, is theirs by an order or an e-mail address known to be theirs. What an object says at
   its top counts before anything inside it: a message of another customer stays as it is. #}
{% macro pii_messages(table, body, customer_id, known_from) -%}
    {%- set value_end = '[\\s\\x00,}\\]&;<]' -%}
    {%- set member = pii_member_pattern(['customer_id']) -%}
    {%- set id = pii_text_pattern(customer_id) -%}
    {%- set has_this_id = member ~ '(?:\\\\*+[\\x22\\x27]\\x00*+' ~ id ~ '\\\\*+[\\x22\\x27]|'
        ~ id ~ '(?:' ~ value_end ~ '|\\z))' -%}
    {%- set has_an_id = member
        ~ '(?:\\\\*+[\\x22\\x27][\\s\\x00]*+[^\\s\\x00\\x22\\x27\\\\][^\\x22\\x27]*+[\\x22\\x27]|'
        ~ '(?!(?i:null|none)\\b)[^\\s\\x00\\x22\\x27\\\\{\\[,}\\]&;<][^\\s\\x00,}\\]&;<]*+)' -%}
    {%- set fields = ['customer_name', 'customer_email'] -%}
    {%- set is_left = pii_member_pattern(fields)
        ~ '(?!\\\\*+[\\x22\\x27]?\\[erased\\])(?!\\\\*+([\\x22\\x27])\\s*+\\\\*+\\1)'
        ~ '(?!(?i:null|none)\\b|\\{\\s*+\\}|\\[\\s*+\\])[^\\s\\x00,}\\]&;<]' %}
with

known as (

    {% for each in known_from -%}
        select
            order_id,
            lower(customer_email) as customer_email
        from {{ each.relation }}
        where customer_id = {{ literal(customer_id) }}
        union all
    {% endfor -%}
    select
        cast(null as string) as order_id,
        cast(null as string) as customer_email

),

known_orders as (

    select distinct order_id
    from known
    where order_id is not null

),

known_emails as (

    select distinct customer_email
    from known
    where customer_email <> '[erased]'

),

held as (

    select
        `{{ body }}` as body,
        decode(`{{ body }}`, 'ISO-8859-1') as body_text
    from {{ table.relation }}
    where `{{ body }}` is not null

),

-- Only what may be theirs is parsed.
candidates as (

    select
        body,
        body_text,
        {{ parse_strict_json(
            'case when is_valid_utf8(cast(body as string)) then cast(body as string) end'
        ) }} as document
    from held
    where
        body_text rlike {{ literal(id) }}
        or not body_text rlike {{ literal(has_an_id) }}

),

read as (

    select
        *,
        try_variant_get(document, '$.customer_id', 'string') as customer_id,
        {{ pii_member_value('document', 'body_text', 'order_id') }} as order_id,
        {{ pii_member_value('document', 'body_text', 'customer_email') }} as customer_email
    from candidates

),

judged as (

    select
        read.*,
        case
            when read.customer_id rlike '[^\\s]'
                then read.customer_id = {{ literal(customer_id) }}
            when read.body_text rlike {{ literal(has_this_id) }} then true
            when read.body_text rlike {{ literal(has_an_id) }} then false
            else known_orders.order_id is not null or known_emails.customer_email is not null
        end as is_theirs
    from read
    left join known_orders
        on read.order_id = known_orders.order_id
    left join known_emails
        on lower(read.customer_email) = known_emails.customer_email

),

erased as (

    select
        body,
        {{ erased_body('body_text', 'document is not null', fields) }} as erased_body
    from judged
    where is_theirs

)

select
    body,
    erased_body,
    decode(erased_body, 'ISO-8859-1') rlike {{ literal(is_left) }} as is_left
from erased
{%- endmacro %}
