create table "Visits" as select n as id, 'visit ' || n as name from generate_series(1, 20000) as n;
alter table "Visits" add primary key (id);
create index "Visits by name" on "Visits" (name);
delete from "Visits" where id % 10 <> 0;
vacuum analyze "Visits";
