create table orders as select n as id, md5(n::text) as code from generate_series(1, 200000) as n;
analyze orders;
-- times: 60
select id from orders where code = 'c4ca4238a0b923820dcc509a6f75849b';
-- A function that writes nothing:
create function orders_with(wanted text) returns bigint language sql stable begin atomic
    select count(*) from orders where code = wanted; end;
-- times: 60
select orders_with('c4ca4238a0b923820dcc509a6f75849b');
