{# The adapter asks here whether to compare a view with what is there or to replace it unseen. Its
   config for that, view_update_via_alter, is one that dbt 1.11 takes for a misspelt key. A full
   refresh makes no difference: a metric view holds no rows. #}
{% macro relation_should_be_altered(existing_relation, target_relation) -%}
    {{ return(
        existing_relation.type == target_relation.type
        and target_relation.is_metric_view
    ) }}
{%- endmacro %}
