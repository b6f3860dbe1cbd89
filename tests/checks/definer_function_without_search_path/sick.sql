create schema "My App";
create function "My App"."Count"(a integer default 7, out n bigint) language plpgsql security definer
    as $$ begin select count(*) into n from orders; end $$;
create procedure tidy(a integer) language sql security definer as $$ delete from orders where id = a $$;
create function by_another() returns bigint language sql security definer as $$ select count(*) from orders $$;
create role definer_function_owner;
alter function by_another() owner to definer_function_owner;
create function twice(a integer) returns integer language sql security definer as $$ select a $$;
create function twice(a text) returns text language sql as $$ select a $$;
