select * from orders where customer_id >= 77;
