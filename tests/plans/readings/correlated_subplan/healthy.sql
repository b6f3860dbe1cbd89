select o.id, count(i.line) from orders o left join items i on i.order_id = o.id where o.id <= 20000 group by o.id;
