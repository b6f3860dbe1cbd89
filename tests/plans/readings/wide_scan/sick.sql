-- node: Seq Scan on orders
select * from orders where customer_id = 77;
