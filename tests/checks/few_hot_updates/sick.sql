create table "Carts" (id int primary key, total int);
insert into "Carts" select n, 0 from generate_series(1, 2000) as n;
create table visitors (id int primary key, seen timestamptz);
create index visitors_seen_idx on visitors (seen);
insert into visitors select n, now() from generate_series(1, 2000) as n;
vacuum analyze;
-- times: 2
update "Carts" set total = total + 1;
-- times: 2
update visitors set seen = clock_timestamp() where id > 0;
