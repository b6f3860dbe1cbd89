set lock_timeout = '2s';
-- 1: every row gets a value of its own, so the table is written anew
alter table orders add column token uuid not null default gen_random_uuid();
-- 2: writes wait for it
create index orders_open_idx on orders (placed_at desc) where status = 'open';
-- 3: orders_customer_id_idx does that
create index concurrently orders_customer_idx on orders (customer_id);
-- 4: no statement asks for it
create index concurrently orders_total_idx on orders (total);
-- 5: every row is looked at under a lock
alter table orders add constraint total_is_not_negative check (total >= 0);
-- 6: no such column
create function total_of(customer bigint) returns numeric language plpgsql stable
    as $$ begin return (select sum(amount) from orders where customer_id = customer); end $$;
-- 7: it is of this session
prepare orders_of (bigint) as select * from orders where customer_id = $1;
-- 8: the moment stands still
create materialized view last_week as
    select customer_id, count(*) as number from orders where placed_at > now() - interval '7 days' group by customer_id;
create unique index on last_week (customer_id);
-- 9: an index over an expression is none that CONCURRENTLY takes
create materialized view per_status as select status, count(*) as number from orders group by status;
create unique index on per_status (lower(status));
create function refresh_views() returns void language plpgsql as $$
begin
    refresh materialized view concurrently per_status;
end $$;
-- 10: asked for every row
alter table orders enable row level security;
create policy own_orders on orders to customer using (customer_id = current_customer());
-- 11: whoever calls it says where names are looked up
create function all_totals() returns numeric language sql security definer as $$ select sum(total) from orders $$;
-- 12: everything at once
update events set kind = upper(kind);
