-- node: CTE Scan on kept a
set work_mem = '64kB';
with kept as materialized (select * from orders) select count(*) from kept a where total > 3;
