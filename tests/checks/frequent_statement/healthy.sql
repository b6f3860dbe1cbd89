create extension pg_stat_statements;
create table parameters (name text primary key, value text);
insert into parameters values ('tax', '5 %'), ('currency', 'CAD');
create table customers as select n as id, 'phone ' || n as phone from generate_series(1, 20000) as n;
alter table customers add primary key (id);
analyze;
-- Asked now and then:
-- times: 50
select value from parameters where name = 'tax';
-- Heavy at each call, which is another illness:
-- times: 10
select count(distinct phone) from customers;
