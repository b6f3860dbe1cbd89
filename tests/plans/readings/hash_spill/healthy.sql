set work_mem = '100MB';
set enable_mergejoin = off;
set max_parallel_workers_per_gather = 0;
select count(*) from orders a join orders b on b.id = a.customer_id;
