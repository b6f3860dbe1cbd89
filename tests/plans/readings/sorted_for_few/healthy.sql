select * from orders order by id desc limit 10;
