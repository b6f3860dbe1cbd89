create table "Prices" as select n as id, 0 as price from generate_series(1, 20000) as n;
analyze "Prices";
update "Prices" set price = id where id <= 15000;
