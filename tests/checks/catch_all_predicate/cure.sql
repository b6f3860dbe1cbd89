select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
create index calls_phone_idx on calls (phone);
create index calls_city_idx on calls (city);
-- times: 30
select id from calls where phone = 'a';
-- times: 30
select id, phone from calls where city = '7';
