insert into "Emptied" select n, md5(n::text) from generate_series(1, 20000) as n;
delete from "Emptied" where id % 10 <> 0;
vacuum analyze "Emptied";
