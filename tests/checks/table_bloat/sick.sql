create table "Emptied" as select n as id, md5(n::text) as body from generate_series(1, 20000) as n;
delete from "Emptied" where id % 10 <> 0;
vacuum analyze "Emptied";
