create table "Visits" as
select n as id, json_build_object('a', n) as "Data", json_build_object('b', n) as other from generate_series(1, 3000) as n;
create table events as select n as id, json_build_object('a', n) as data from generate_series(1, 3000) as n;
create view of_events as select id, data from events;
analyze;
-- times: 10
select id from "Visits" as v where v."Data" ->> 'a' = '7' and other is not null;
-- times: 10
select id from of_events order by data #>> '{a}' limit 3;
