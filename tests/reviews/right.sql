set lock_timeout = '2s';
alter table orders add column token uuid;
alter table orders alter column token set default gen_random_uuid();
create index concurrently orders_open_idx on orders (placed_at desc) where status = 'open';
alter table orders add constraint total_is_not_negative check (total >= 0) not valid;
alter table orders validate constraint total_is_not_negative;
create function total_of(customer bigint) returns numeric language plpgsql stable
    as $$ declare found_total numeric; begin
        select sum(total) into found_total from orders where customer_id = customer;
        return found_total;
    end $$;
create materialized view per_day as
    select date_trunc('day', placed_at, 'UTC') as day, count(*) as number from orders group by 1;
create unique index on per_day (day);
create function refresh_views() returns void language plpgsql as $$
begin
    refresh materialized view concurrently per_day;
end $$;
alter table orders enable row level security;
create policy own_orders on orders to customer using (customer_id = (select current_customer()));
create function all_totals() returns numeric language sql security definer
    set search_path = pg_catalog, public, pg_temp as $$ select sum(total) from orders $$;
update events set kind = upper(kind) where id in (select id from events where kind <> upper(kind) limit 1000);
