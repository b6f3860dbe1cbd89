-- times: 30
select id, code from orders order by placed_at desc limit 10 offset 9000;
