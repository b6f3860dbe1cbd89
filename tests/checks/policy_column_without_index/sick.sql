create table visits as select n as id, n % 500 as "Owner" from generate_series(1, 2000) as n;
alter table visits enable row level security;
create policy "Own rows" on visits using ("Owner" = (select auth.uid()) and id > 0);
create table rarely as select n as id, n % 500 as owner from generate_series(1, 2000) as n;
alter table rarely enable row level security;
create policy own on rarely for select using (auth.uid() = owner);
create table owners as select n as id from generate_series(1, 500) as n;
alter table owners add primary key (id);
create table referring as select n as id, 1 + n % 500 as owner from generate_series(1, 2000) as n;
alter table referring add foreign key (owner) references owners;
alter table referring enable row level security;
create policy own on referring using (owner = (select auth.uid()));
create policy barred on referring as restrictive using (id > 0);
analyze;
-- times: 60
select count(*) from visits where "Owner" = 7;
-- times: 60
select count(*) from referring where id = 7;
