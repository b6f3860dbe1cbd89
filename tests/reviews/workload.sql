-- name: open orders since
-- parameters: select placed_at from orders order by 1 desc limit 20
select id, total from orders where status = 'open' and placed_at > $1 order by placed_at desc limit 50;

-- name: orders of a customer
-- parameters: select id from customers order by 1 limit 20
select id, status, total from orders where customer_id = $1;

-- name: note of an order
-- parameters: select id from orders order by 1 limit 20
select note from orders where id = $1;

-- name: events of an order
-- parameters: select order_id from events order by 1 limit 20
select kind, payload from events where order_id = $1;
