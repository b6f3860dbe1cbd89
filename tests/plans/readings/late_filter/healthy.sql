with each as not materialized (select id, total * 2 as double, customer_id from orders)
select * from each where customer_id = 77;
