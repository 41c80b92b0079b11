-- What the adapter sends for model.warehouse_check.stg_orders.

-- run 1: 2 statements

select * from (
select
cast(order_id as string) as order_id,
cast(state as string) as state,
cast(amount as decimal(12, 2)) as amount,
cast(updated_at as timestamp) as updated_at
from values
('O1', 'CA', 10.00, '2024-01-01 00:00:00'),
('O2', 'NY', 20.50, '2024-01-01 00:00:00'),
('O3', 'CA', 5.25, '2024-01-02 00:00:00') as landed (order_id, state, amount, updated_at)
) as __dbt_sbq
where false
limit 0;

create or replace view `spark_catalog`.`check_v2`.`stg_orders`
(
`order_id` comment 'Business key.',
`state`,
`amount`,
`updated_at`
)
comment 'Orders as they land; the author\'s own words.'
as (
select
cast(order_id as string) as order_id,
cast(state as string) as state,
cast(amount as decimal(12, 2)) as amount,
cast(updated_at as timestamp) as updated_at
from values
('O1', 'CA', 10.00, '2024-01-01 00:00:00'),
('O2', 'NY', 20.50, '2024-01-01 00:00:00'),
('O3', 'CA', 5.25, '2024-01-02 00:00:00') as landed (order_id, state, amount, updated_at)
);

-- run 2: 2 statements

select * from (
select
cast(order_id as string) as order_id,
cast(state as string) as state,
cast(amount as decimal(12, 2)) as amount,
cast(updated_at as timestamp) as updated_at
from values
('O1', 'CA', 10.00, '2024-01-01 00:00:00'),
('O2', 'NY', 20.50, '2024-01-01 00:00:00'),
('O3', 'CA', 5.25, '2024-01-02 00:00:00') as landed (order_id, state, amount, updated_at)
) as __dbt_sbq
where false
limit 0;

create or replace view `spark_catalog`.`check_v2`.`stg_orders`
(
`order_id` comment 'Business key.',
`state`,
`amount`,
`updated_at`
)
comment 'Orders as they land; the author\'s own words.'
as (
select
cast(order_id as string) as order_id,
cast(state as string) as state,
cast(amount as decimal(12, 2)) as amount,
cast(updated_at as timestamp) as updated_at
from values
('O1', 'CA', 10.00, '2024-01-01 00:00:00'),
('O2', 'NY', 20.50, '2024-01-01 00:00:00'),
('O3', 'CA', 5.25, '2024-01-02 00:00:00') as landed (order_id, state, amount, updated_at)
);
