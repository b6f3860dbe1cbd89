create table orders as select n as id from generate_series(1, 100) as n;
vacuum (freeze);
