create table "Rate Limits" with (autovacuum_enabled = false) as
select n as id, 0 as requests from generate_series(1, 20000) as n;
create table eager with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 100) as
select n as id, 0 as requests from generate_series(1, 20000) as n;
vacuum analyze;
update "Rate Limits" set requests = 1 where id <= 5000;
update eager set requests = 1 where id <= 2000;
