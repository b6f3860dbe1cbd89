-- node: Memoize
set work_mem = '64kB';
set enable_hashjoin = off;
set enable_mergejoin = off;
set max_parallel_workers_per_gather = 0;
select count(b.note) from orders a join orders b on b.id = a.customer_id;
