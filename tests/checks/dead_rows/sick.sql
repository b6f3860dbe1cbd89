create table "Rate Limits" as select n as id, 0 as requests from generate_series(1, 20000) as n;
create table visits as select n as id, 0 as duration from generate_series(1, 20000) as n;
vacuum analyze;
update "Rate Limits" set requests = requests + 1;
update visits set duration = 1 where id <= 4000;
