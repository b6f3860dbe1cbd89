-- Before 15 this is how every database began.
revoke create on schema public from public;
create role public_can_create_app login;
create schema shop;
create table shop.orders (id integer);
grant usage on schema shop to public;
grant usage, create on schema shop to public_can_create_app;
grant select on shop.orders to public_can_create_app;
-- Open to all, but it is the only one that works here who owns it.
create schema own authorization public_can_create_app;
grant create on schema own to public;
