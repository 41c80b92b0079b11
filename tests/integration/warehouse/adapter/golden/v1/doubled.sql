-- What the adapter sends for function.warehouse_check.doubled.

-- run 1: 1 statements

CREATE OR REPLACE FUNCTION `spark_catalog`.`check`.`doubled` (
amount decimal(12,2)
)
RETURNS decimal(14,2)
LANGUAGE SQL
RETURN
amount * 2;

-- run 2: 1 statements

CREATE OR REPLACE FUNCTION `spark_catalog`.`check`.`doubled` (
amount decimal(12,2)
)
RETURNS decimal(14,2)
LANGUAGE SQL
RETURN
amount * 2;
