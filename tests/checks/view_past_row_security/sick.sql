create view "All Notes" as select n.id, n.owner from notes as n join plain as p on p.id = n.id;
grant select on "All Notes" to pg_monitor;
create view counted as select count(*) from (select id from notes) as n;
grant select on counted to public;
grant select on notes to public;
-- A window on purpose: whoever may look through it may not ask the table.
create table secrets (id integer, owner text);
alter table secrets enable row level security;
create policy own on secrets using (owner = current_user);
create view window_on_secrets as select id from secrets;
grant select on window_on_secrets to pg_monitor;
