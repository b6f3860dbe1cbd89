set work_mem = '64kB';
-- times: 10
select id, body from notes order by body;
