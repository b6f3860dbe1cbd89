create table orders as select n as id, md5(n::text) as code, n % 5 as kind from generate_series(1, 40000) as n;
analyze orders;
-- times: 60
select kind from orders where code = 'c4ca4238a0b923820dcc509a6f75849b';
