select
    cast(order_id as string) as order_id,
    cast(state as string) as state,
    cast(amount as decimal(12, 2)) as amount,
    cast(updated_at as timestamp) as updated_at
from values
    ('O1', 'CA', 10.00, '2024-01-01 00:00:00'),
    ('O2', 'NY', 20.50, '2024-01-01 00:00:00'),
    ('O3', 'CA', 5.25, '2024-01-02 00:00:00') as landed (order_id, state, amount, updated_at)
{% if var('more', false) %}
union all
select 'O4', 'TX', cast(7.75 as decimal(12, 2)), timestamp '2024-01-03 00:00:00'
{% endif %}
