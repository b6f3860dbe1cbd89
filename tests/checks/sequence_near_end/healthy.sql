create table orders (id bigserial primary key);
insert into orders default values;
create sequence round_and_round maxvalue 100 cycle;
select setval('round_and_round', 99);
create sequence never_used maxvalue 3;
create sequence backwards increment -1 minvalue -1000 maxvalue -1;
select setval('backwards', -100);
