grant create on schema public to public;
create schema "Open House";
grant create on schema "Open House" to public;
create role public_can_create_maker;
set role public_can_create_maker;
create table public.made_here (id integer);
reset role;
