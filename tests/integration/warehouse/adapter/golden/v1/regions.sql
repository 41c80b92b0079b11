-- What the adapter sends for seed.warehouse_check.regions.

-- run 1: 1 statements

create table `spark_catalog`.`check_reference`.`regions` (`code` string ,`name` string )
using delta;

-- run 2: 1 statements

create or replace table `spark_catalog`.`check_reference`.`regions` (`code` string ,`name` string )
using delta;
