create table small as select n as id, 0 as state from generate_series(1, 300) as n;
create table archive as select n as id, 0 as state from generate_series(1, 20000) as n;
create table tuned as select n as id, 0 as state from generate_series(1, 20000) as n;
alter table tuned set (autovacuum_vacuum_scale_factor = 0.01);
vacuum analyze;
-- It changes, and vacuum comes early; what does not change needs none.
update tuned set state = 1 where id <= 3000;
update archive set state = 1 where id <= 10;
update small set state = 1;
