create extension pg_stat_statements;
create role superuser_application_app login;
create table orders (id integer);
grant select on orders to superuser_application_app;
-- Monitoring and maintenance are a superuser's work.
-- times: 30
select count(*) from pg_catalog.pg_class;
-- times: 30
select count(*) from pg_class;
-- times: 30
analyze orders;
-- times: 30
select 1;
set role superuser_application_app;
-- times: 40
select id from orders;
reset role;
-- times: 3
select id from orders;
