create table customers (id integer primary key);
create table orders (id integer, customer integer references customers, amount integer check (amount >= 0));
alter table orders add constraint positive check (id > 0) not valid;
alter table orders validate constraint positive;
-- An enforced rule is not missing where none was meant to be enforced (18).
do $$
begin
    if current_setting('server_version_num')::integer >= 180000 then
        execute 'alter table orders add constraint hint check (amount < 1000000) not enforced';
    end if;
end
$$;
create table waiting (id integer);
alter table waiting add constraint "none yet" check (id > 0) not valid;
