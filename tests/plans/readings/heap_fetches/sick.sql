-- node: Index Only Scan using orders_pkey on orders
update orders set region = region;
set enable_seqscan = off;
set enable_bitmapscan = off;
set max_parallel_workers_per_gather = 0;
select count(id) from orders where id > 500;
