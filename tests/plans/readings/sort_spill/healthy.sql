set work_mem = '200MB';
set max_parallel_workers_per_gather = 0;
select * from orders order by note, total;
