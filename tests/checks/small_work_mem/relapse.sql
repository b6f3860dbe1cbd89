set work_mem = '64kB';
-- times: 5
select n from numbers order by body;
-- times: 5
select distinct body from numbers;
-- times: 5
select body, n from numbers order by body desc, n;
