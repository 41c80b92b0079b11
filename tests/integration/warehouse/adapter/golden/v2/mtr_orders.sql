-- What the adapter sends for model.warehouse_check.mtr_orders.

-- run 1: 2 statements

create or replace view `spark_catalog`.`check_v2`.`mtr_orders`
with metrics
language yaml
as $$
version: "0.1"
source: "`spark_catalog`.`check_v2`.`orders`"
dimensions:
- name: state
expr: state
measures:
- name: amount
expr: sum(amount)
$$;

ALTER VIEW `spark_catalog`.`check_v2`.`mtr_orders` SET TAGS (
'layer' = 'gold'
);

-- run 2: 4 statements

SHOW TBLPROPERTIES `spark_catalog`.`check_v2`.`mtr_orders`;

SELECT tag_name, tag_value
FROM `system`.`information_schema`.`table_tags`
WHERE catalog_name = 'spark_catalog'
AND schema_name = 'check_v2'
AND table_name = 'mtr_orders';

describe extended `spark_catalog`.`check_v2`.`mtr_orders`;

alter view `spark_catalog`.`check_v2`.`mtr_orders` as $$
version: "0.1"
source: "`spark_catalog`.`check_v2`.`orders`"
dimensions:
- name: state
expr: state
measures:
- name: amount
expr: sum(amount)
$$;
