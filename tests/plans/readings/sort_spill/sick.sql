-- node: Sort
set work_mem = '64kB';
set max_parallel_workers_per_gather = 0;
select * from orders order by note, total;
