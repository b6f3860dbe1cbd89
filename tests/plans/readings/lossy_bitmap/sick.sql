-- node: Bitmap Heap Scan on orders
set work_mem = '64kB';
set enable_seqscan = off;
set enable_indexscan = off;
set max_parallel_workers_per_gather = 0;
select count(*) from orders where total between 100 and 600;
