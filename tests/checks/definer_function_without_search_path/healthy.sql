create role definer_function_app login;
create table orders (id integer);
grant select on orders to definer_function_app;
create function of_the_caller() returns bigint language sql as $$ select count(*) from orders $$;
create function fixed() returns bigint language sql security definer set search_path = public, pg_temp
    as $$ select count(*) from orders $$;
create function parsed() returns bigint language sql security definer begin atomic select count(*) from orders; end;
create procedure also_fixed() language sql security definer set search_path = '' as $$ select 1 $$;
create extension pg_stat_statements;
