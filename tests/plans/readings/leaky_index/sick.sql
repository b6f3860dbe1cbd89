-- node: on orders
set enable_seqscan = off;
select * from orders where region = 3 and note like '%777';
