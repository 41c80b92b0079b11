-- Grain: one row per landed message, copies and rejected messages included.
-- Nothing here may be summed: one event can land more than once.
{%- set field_names = "array('" ~ order_event_fields() | join("', '") ~ "')" %}
{%- set texts_type = "'struct<" ~ order_event_fields() | join(": string, ") ~ ": string>'" %}
{%- set drift_type = 'array<struct<field_name: string, drift_kind: string, json_type: string>>' %}
{%- set number_fields = "'" ~ order_event_number_fields() | join("', '") ~ "'" %}
with

landed as (

    select * from {{ source('bronze', 'order_events') }}

),

-- Of several corrections of a message the latest counts; without a body it takes back those before.
corrections as (

    select
        event_hub,
        `partition`,
        `offset`,
        max_by(corrected_body, struct(corrected_at, corrected_body)) as corrected_body
    from {{ ref('order_event_corrections') }}
    group by event_hub, `partition`, `offset`

),

us_states as (

    select * from {{ ref('us_states') }}

),

bodies as (

    select
        landed.event_hub,
        landed.`partition`,
        landed.`offset`,
        landed.enqueued_at,
        landed.ingested_at,
        landed.ingest_batch_id,
        landed.body,
        cast(coalesce(corrections.corrected_body, landed.body) as string) as body_text,
        corrections.corrected_body is not null as is_corrected
    from landed
    left join corrections
        on
            landed.event_hub = corrections.event_hub
            and landed.`partition` = corrections.`partition`
            and landed.`offset` = corrections.`offset`

),

texts as (

    select
        * except (body_text),
        case when is_valid_utf8(body_text) then body_text end as body_text
    from bodies

),

documents as (

    select
        *,
        {{ parse_strict_json('body_text') }} as document
    from texts

),

-- Drift is what a sender writes, so that a correction has no part in it.
landed_documents as (

    select
        *,
        case
            when is_corrected
                then
                    {{ parse_strict_json(
                        'case when is_valid_utf8(cast(body as string)) then cast(body as string) end'
                    ) }}
            else document
        end as landed_document
    from documents

),

-- Nearly every message has all fields of the contract, with their types, and no others: then there
-- is no need to look at each of them.
shapes as (

    select
        *,
        {{ is_regular('document') }} as is_regular,
        case
            when is_corrected then {{ is_regular('landed_document') }}
            else is_regular
        end as has_landed_regular
    from landed_documents

),

-- What the sender wrote, as text; the text of an object or array is its JSON.
objects as (

    select
        *,
        case
            -- The same texts, and nothing is copied field by field.
            when is_regular then from_json(body_text, {{ texts_type }})
            else try_variant_get(document, '$', {{ texts_type }})
        end as texts,
        case
            when is_regular then cast(array() as array<string>)
            else
                array_sort(
                    array_except(
                        map_keys(try_variant_get(document, '$', 'map<string, variant>')),
                        {{ field_names }}
                    )
                )
        end as unknown_fields,
        case
            when not has_landed_regular
                then
                    transform(
                        map_entries(try_variant_get(landed_document, '$', 'map<string, variant>')),
                        member -> struct(
                            member.key as field_name,
                            {{ json_type('member.value') }} as json_type
                        )
                    )
        end as landed_fields
    from shapes

),

-- A field that is absent, null or blank is missing: its text is null.
written as (

    select
        objects.* except (texts),
        objects.texts is not null as is_object,
        {% for field in order_event_fields() -%}
            case
                when objects.texts.{{ field }} rlike '[^\\s]' then objects.texts.{{ field }}
            end as written_{{ field }},
        {% endfor -%}
        case
            when objects.is_regular then cast(array() as array<string>)
            else
                array_compact(
                    array(
                        {% for field in [
                            'event_id',
                            'order_id',
                            'customer_id',
                            'customer_name',
                            'customer_email',
                            'city',
                            'state',
                            'product_id',
                            'product_name',
                            'category',
                            'brand',
                            'payment_method',
                        ] -%}
                            case
                                when
                                    {{ is_nested(
                                        'objects.document', field, 'objects.texts.' ~ field
                                    ) }}
                                    then '{{ field }}'
                            end
                            {{- ',' if not loop.last }}
                        {% endfor -%}
                    )
                )
        end as nested_fields
    from objects

),

read as (

    select
        *,
        {{ read_integer('written_schema_version') }} as schema_version,
        {{ read_integer('written_quantity') }} as quantity,
        {{ read_decimal('written_base_price', 12, 2) }} as base_price,
        {{ read_decimal('written_unit_price', 12, 2) }} as unit_price,
        {{ read_decimal('written_discount_pct', 5, 2) }} as discount_pct,
        {{ read_decimal('written_total_amount', 14, 2) }} as total_amount,
        {{ read_timestamp('written_occurred_at') }} as occurred_at
    from written

),

checked as (

    select
        *,
        array_compact(
            array(
                {% for field in [
                    'event_id',
                    'order_id',
                    'customer_id',
                    'product_id',
                    'occurred_at',
                ] -%}
                    case when written_{{ field }} is null then '{{ field }}' end
                    {{- ',' if not loop.last }}
                {% endfor -%}
            )
        ) as missing_fields,
        concat(
            nested_fields,
            array_compact(
                array(
                    {% for field in [
                        'occurred_at',
                        'quantity',
                        'base_price',
                        'unit_price',
                        'discount_pct',
                        'total_amount',
                    ] -%}
                        case
                            when written_{{ field }} is not null and {{ field }} is null
                                then '{{ field }}'
                        end
                        {{- ',' if not loop.last }}
                    {% endfor -%}
                )
            )
        ) as unreadable_fields
    from read

),

-- The first rule that applies, in the order of docs/decisions/0001-quarantine-rules.md.
judged as (

    select
        checked.*,
        case
            when checked.document is null then 'body_not_json'
            when not checked.is_object then 'body_not_object'
            when size(checked.missing_fields) > 0 then 'missing_required_field'
            when
                coalesce(
                    checked.written_event_type not in (
                        {% for status in var('order_statuses') -%}
                            'order_{{ status }}'
                            {{- ',' if not loop.last }}
                        {% endfor -%}
                    ),
                    true
                )
                then 'unknown_event_type'
            when
                coalesce(
                    checked.schema_version not in (
                        {{ var('accepted_schema_versions') | join(', ') }}
                    ),
                    true
                )
                then 'unknown_schema_version'
            when concat('order_', checked.written_order_status) <> checked.written_event_type
                then 'status_contradicts_event_type'
            when size(checked.unreadable_fields) > 0 then 'unreadable_value'
            when coalesce(checked.quantity < 1, true) then 'invalid_quantity'
            when coalesce(checked.unit_price, checked.base_price) is null then 'missing_price'
            when checked.unit_price < 0 or checked.base_price < 0 then 'negative_price'
            when checked.discount_pct not between 0 and 100 then 'discount_out_of_range'
            when us_states.state is null then 'unknown_state'
        end as rule_id
    from checked
    left join us_states
        on checked.written_state = us_states.state

),

-- Fields that the contract does not know, that have another type in JSON than by the contract, and
-- that are not there; null is no type.
compared as (

    select
        *,
        case
            when has_landed_regular then cast(array() as {{ drift_type }})
            else
                concat(
                    transform(
                        filter(
                            landed_fields,
                            field -> not array_contains({{ field_names }}, field.field_name)
                        ),
                        field -> struct(field.field_name, 'added' as drift_kind, field.json_type)
                    ),
                    transform(
                        filter(
                            landed_fields,
                            field -> array_contains({{ field_names }}, field.field_name)
                            and field.json_type not in (
                                'null',
                                if(
                                    field.field_name in ({{ number_fields }}), 'number', 'string'
                                )
                            )
                        ),
                        field -> struct(field.field_name, 'retyped' as drift_kind, field.json_type)
                    ),
                    transform(
                        array_except(
                            {{ field_names }}, transform(landed_fields, field -> field.field_name)
                        ),
                        field_name -> struct(
                            field_name, 'missing' as drift_kind, 'none' as json_type
                        )
                    )
                )
        end as drift
    from judged

),

final as (

    select
        written_event_id as event_id,
        written_order_id as order_id,
        written_customer_id as customer_id,
        written_product_id as product_id,
        written_event_type as event_type,
        written_order_status as order_status,
        written_customer_name as customer_name,
        written_customer_email as customer_email,
        written_city as city,
        written_state as state,
        written_product_name as product_name,
        written_category as category,
        written_brand as brand,
        written_payment_method as payment_method,
        unknown_fields,
        drift,
        rule_id,
        if(is_corrected, 'as corrected: ', '') || case rule_id
            when 'body_not_json'
                then 'body is not one JSON text in UTF-8 (RFC 8259)'
            when 'body_not_object'
                then 'body is JSON, but not an object'
            when 'missing_required_field'
                then concat('missing: ', array_join(missing_fields, ', '))
            when 'unknown_event_type'
                then concat('event_type is ', coalesce(left(written_event_type, 100), 'missing'))
            when 'unknown_schema_version'
                then
                    concat(
                        'schema_version is ', coalesce(left(written_schema_version, 100), 'missing')
                    )
            when 'status_contradicts_event_type'
                then
                    concat(
                        'order_status is ',
                        left(written_order_status, 100),
                        ', event_type is ',
                        written_event_type
                    )
            when 'unreadable_value'
                then concat('unreadable: ', array_join(unreadable_fields, ', '))
            when 'invalid_quantity'
                then concat('quantity is ', coalesce(cast(quantity as string), 'missing'))
            when 'missing_price'
                then 'unit_price and base_price are missing'
            when 'negative_price'
                then
                    concat(
                        'unit_price is ',
                        coalesce(cast(unit_price as string), 'missing'),
                        ', base_price is ',
                        coalesce(cast(base_price as string), 'missing')
                    )
            when 'discount_out_of_range'
                then concat('discount_pct is ', cast(discount_pct as string))
            when 'unknown_state'
                then concat('state is ', coalesce(left(written_state, 100), 'missing'))
        end as reason,
        event_hub,
        schema_version,
        quantity,
        base_price,
        unit_price,
        discount_pct,
        total_amount,
        `partition`,
        `offset`,
        ingest_batch_id,
        body,
        is_corrected,
        occurred_at,
        enqueued_at,
        ingested_at
    from compared

)

select * from final
