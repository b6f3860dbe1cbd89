-- node: Gather
set max_parallel_workers = 0;
set parallel_setup_cost = 0;
set parallel_tuple_cost = 0;
set min_parallel_table_scan_size = 0;
set max_parallel_workers_per_gather = 2;
select region, count(*), sum(length(note)) from orders group by region;
