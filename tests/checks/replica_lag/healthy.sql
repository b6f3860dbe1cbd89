create table orders (id int, body text);
