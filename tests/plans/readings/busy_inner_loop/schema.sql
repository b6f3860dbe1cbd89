create table many (id int primary key, x int);
create table few (x int, y int);
insert into many select n, n % 400 from generate_series(1, 12000) n;
insert into few select n, n from generate_series(1, 400) n;
vacuum analyze;
