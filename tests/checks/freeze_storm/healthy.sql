create table a as select n as id from generate_series(1, 5000) as n;
create table b as select n as id from generate_series(1, 5000) as n;
create table c as select n as id from generate_series(1, 5000) as n;
vacuum (freeze);
