{% macro quarantine_rules() -%}
    {{ return([
        'body_not_json',
        'body_not_object',
        'missing_required_field',
        'unknown_event_type',
        'unknown_schema_version',
        'status_contradicts_event_type',
        'unreadable_value',
        'invalid_quantity',
        'missing_price',
        'negative_price',
        'discount_out_of_range',
        'unknown_state',
    ]) }}
{%- endmacro %}
