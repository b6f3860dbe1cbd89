create table orders (id int primary key);
insert into orders values (1);
-- Rows locked by one transaction at a time need no multixact id.
-- times: 200
select id from orders where id = 1 for key share;
vacuum (freeze);
