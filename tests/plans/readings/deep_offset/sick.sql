-- node: Limit
select * from orders order by id offset 90000 limit 10;
