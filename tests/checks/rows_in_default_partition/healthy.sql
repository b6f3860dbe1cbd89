create table visits (id integer, day date) partition by range (day);
create table visits_2026 partition of visits for values from ('2026-01-01') to ('2027-01-01');
create table visits_default partition of visits default;
insert into visits select n, '2026-01-01' from generate_series(1, 500) as n;
insert into visits select n, '2025-01-01' from generate_series(1, 5) as n;
-- A list's default is often meant:
create table places (id integer, place text) partition by list (place);
create table places_montreal partition of places for values in ('Montréal');
create table places_others partition of places default;
insert into places select n, case when n % 3 = 0 then 'Laval' else 'Montréal' end from generate_series(1, 600) as n;
analyze;
