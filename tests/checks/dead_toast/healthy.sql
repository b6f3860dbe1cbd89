create table documents (id int primary key, title text, body text);
alter table documents alter column body set storage external;
insert into documents select n, 'a', repeat('x', 5000) from generate_series(1, 300) as n;
vacuum analyze;
-- A new title leaves the long value alone, and a few new values are normal.
update documents set title = 'b';
update documents set body = repeat('y', 5000) where id <= 20;
