-- node: Seq Scan on orders
set max_parallel_workers_per_gather = 0;
delete from orders where id > 500;
select count(*) from orders;
