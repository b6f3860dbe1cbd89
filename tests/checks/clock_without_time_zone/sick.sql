create table "Visits" (id integer, at timestamp default now(), changed timestamp(3) default current_timestamp);
create table local (id integer, at timestamp default localtimestamp);
