create table "Pages" (id int primary key, body text);
alter table "Pages" alter column body set storage external;
insert into "Pages" select n, repeat('x', 5000) from generate_series(1, 300) as n;
vacuum analyze "Pages";
update "Pages" set body = repeat('y', 5000);
