create table "Just Loaded" as select n as id, n % 10 as state from generate_series(1, 20000) as n;
-- Vacuum counts rows but looks at no column.
create table vacuumed_only as select n as id, n % 10 as state from generate_series(1, 20000) as n;
vacuum vacuumed_only;
