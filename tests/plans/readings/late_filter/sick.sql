-- node: CTE Scan on each
set work_mem = '64MB';
with each as materialized (select id, total * 2 as double, customer_id from orders)
select * from each where customer_id = 77;
