create extension pg_stat_statements;
create role row_security_not_forced_owner;
create role row_security_not_forced_reader;
create role row_security_not_forced_backend bypassrls;
grant usage, create on schema public to row_security_not_forced_owner, row_security_not_forced_backend;
set role row_security_not_forced_owner;
create table forced (id integer);
alter table forced enable row level security;
alter table forced force row level security;
create policy own on forced using (id = 1);
create table by_its_reader (id integer);
alter table by_its_reader enable row level security;
create policy own on by_its_reader using (id = 1);
grant select on by_its_reader to row_security_not_forced_reader;
-- Its policy names another role, so that the owner sees everything on purpose.
create table for_the_reader (id integer);
alter table for_the_reader enable row level security;
create policy own on for_the_reader to row_security_not_forced_reader using (id = 1);
create table without_policies (id integer);
-- times: 20
select count(*) from forced;
-- times: 20
select count(*) from for_the_reader;
-- times: 20
select count(*) from without_policies;
-- times: 3
select id from by_its_reader;
set role row_security_not_forced_reader;
-- times: 20
select count(*) from by_its_reader;
set role row_security_not_forced_backend;
create table of_the_backend (id integer);
alter table of_the_backend enable row level security;
create policy own on of_the_backend using (id = 1);
-- times: 20
select count(*) from of_the_backend;
reset role;
-- times: 20
select 1 from by_its_reader;
