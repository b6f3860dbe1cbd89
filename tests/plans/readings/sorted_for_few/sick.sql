-- node: Sort
select * from orders order by total desc, note limit 10;
