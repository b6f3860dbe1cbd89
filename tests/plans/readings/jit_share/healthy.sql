set jit = on;
set jit_above_cost = 100000;
set jit_inline_above_cost = 0;
set jit_optimize_above_cost = 0;
set max_parallel_workers_per_gather = 0;
select region, status, sum(total * 2), count(*) filter (where note like '%1') from orders where id < 2000 group by 1, 2;
