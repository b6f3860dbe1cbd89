set work_mem = '200MB';
with kept as materialized (select * from orders) select count(*) from kept a where total > 3;
