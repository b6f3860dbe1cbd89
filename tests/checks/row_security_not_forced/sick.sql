set role row_security_not_forced_owner;
create table "Notes" (id integer);
alter table "Notes" enable row level security;
create policy own on "Notes" using (id = 1);
create table shared (id integer);
alter table shared enable row level security;
create policy own on shared using (id = 1);
grant select on shared to row_security_not_forced_reader;
-- times: 10
update public."Notes" set id = 2;
-- times: 10
select id from shared;
set role row_security_not_forced_reader;
select count(*) from shared;
reset role;
