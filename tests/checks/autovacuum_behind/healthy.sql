create table orders as select n as id, n % 10 as state from generate_series(1, 20000) as n;
create table switched_off with (autovacuum_enabled = off) as
select n as id, n % 10 as state from generate_series(1, 20000) as n;
create table patient with (autovacuum_vacuum_scale_factor = 0.5) as
select n as id, n % 10 as state from generate_series(1, 20000) as n;
vacuum analyze;
-- Past the threshold, but autovacuum may be on its way:
update orders set state = 11 where id <= 6000;
-- Off, but there would be nothing to do yet:
update switched_off set state = 11 where id <= 3000;
update patient set state = 11 where id <= 12000;
