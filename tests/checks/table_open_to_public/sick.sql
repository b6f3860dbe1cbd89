create table "Postal Codes" (id integer);
grant select on "Postal Codes" to public;
create table votes (id integer);
grant select, insert on votes to public;
