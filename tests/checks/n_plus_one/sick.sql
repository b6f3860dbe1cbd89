-- times: 10
select id, customer_id from orders order by placed_on desc limit 60;
-- times: 600
select name, phone from customers where id = 7;
-- times: 4
select id as order_id, placed_on from orders where placed_on > '2026-02-01' order by id limit 40;
-- times: 160
select * from items where order_id = 7;
