create unlogged table "Customers" as select n as id from generate_series(1, 20000) as n;
