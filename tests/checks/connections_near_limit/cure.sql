-- ends: workers
select 1;
