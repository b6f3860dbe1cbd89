create table orders (id int primary key);
insert into orders values (1);
