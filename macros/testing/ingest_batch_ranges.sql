{# The offsets of each partition that a batch took: from_offset to before to_offset. #}
{% macro ingest_batch_ranges() -%}
    select
        batches.event_hub,
        batches.ingest_batch_id,
        part.`partition`,
        part.from_offset,
        part.to_offset
    from {{ source('ops', 'ingest_batches') }} as batches
        lateral view explode(batches.partitions) exploded as part
{%- endmacro %}
