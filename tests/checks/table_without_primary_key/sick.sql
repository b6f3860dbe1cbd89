create table "Rate Limits" as select n as id, 0 as requests from generate_series(1, 2000) as n;
update "Rate Limits" set requests = requests + 1;
