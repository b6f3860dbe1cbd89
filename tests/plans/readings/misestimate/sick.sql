-- node: Seq Scan on pairs p
set max_parallel_workers_per_gather = 0;
select count(*) from pairs p join orders o on o.id = p.id where a = 7 and b = 7;
