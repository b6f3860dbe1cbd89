create table orders as
select n as id, md5(n::text) as code, n % 2 = 0 as is_paid from generate_series(1, 20000) as n;
create table visits as select n as id, md5(n::text) as code from generate_series(1, 20000) as n;
create view visits_of_day as select id from visits where code = 'c4ca4238a0b923820dcc509a6f75849b';
analyze;
-- times: 60
select id from orders where code = 'c4ca4238a0b923820dcc509a6f75849b';
-- times: 60
select count(*) from visits_of_day;
