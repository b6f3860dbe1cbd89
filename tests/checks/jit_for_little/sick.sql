set jit_above_cost = 0;
-- times: 10
select count(*) from small where a = 1 and b > 2;
