-- Made elsewhere, nobody knows how:
create table received (id uuid primary key);
insert into received select md5(n::text)::uuid from generate_series(1, 5000) as n;
-- Numbers, and a random uuid that is no key:
create table counted (id bigserial primary key, token uuid default gen_random_uuid());
insert into counted (token) select gen_random_uuid() from generate_series(1, 5000);
create index on counted (token);
create table small (id uuid primary key default gen_random_uuid());
insert into small select gen_random_uuid() from generate_series(1, 50);
create function rising() returns uuid language sql volatile as $$
    select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000000)::bigint), 16, '0')
            || substr(md5(random()::text), 1, 16))::uuid
$$;
create table rising (id uuid primary key default rising());
insert into rising select rising() from generate_series(1, 5000);
