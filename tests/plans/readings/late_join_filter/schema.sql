create table here (id int, a int, b int);
create table there (id int, a int, b int);
insert into here select n, n, -n from generate_series(1, 1500) n;
insert into there select n, n, n from generate_series(1, 1500) n;
vacuum analyze;
