create table visits (id serial primary key, small_id smallint);
select setval('visits_id_seq', 1900000000);
-- A bigint sequence that fills a smallint column ends with the column.
create sequence "Small Ids" owned by visits.small_id;
select setval('"Small Ids"', 32000);
create sequence halfway maxvalue 1000;
select setval('halfway', 650);
create sequence down increment -1 minvalue -1000 maxvalue -1;
select setval('down', -990);
