create table "Big Visits" as select n as id, 0 as state from generate_series(1, 20000) as n;
vacuum analyze "Big Visits";
update "Big Visits" set state = 1 where id <= 3000;
