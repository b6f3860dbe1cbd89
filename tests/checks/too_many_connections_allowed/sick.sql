-- ends: pool
select 1;
