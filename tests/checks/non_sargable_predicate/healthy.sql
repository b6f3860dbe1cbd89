create extension pg_stat_statements;
create table visits as
select n as id, n as number, 'Person' || n || '@example.com' as email, 'Town' || n as town,
       case when n % 2 = 0 then 'Open' else 'Closed' end as status,
       timestamptz '2026-01-01' + n * interval '5 minutes' as created_at
from generate_series(1, 20000) as n;
create index on visits (created_at);
create index on visits (number);
create index on visits (lower(town));
create table small as select id, email from visits limit 500;
analyze;
-- times: 30
select id from small where lower(email) = 'person7@example.com';
-- times: 30
select id from visits where lower(town) = 'town7';
-- Two values, which no index would help with:
-- times: 30
select id from visits where lower(status) = 'open';
-- times: 30
select id from visits where created_at >= '2026-01-05' and created_at < '2026-01-06';
-- times: 30
select date(created_at), count(*) from visits group by date(created_at) having count(*) > 1;
-- Another condition has found the row already:
-- times: 30
select id from visits where number = 77 and lower(email) = 'person77@example.com';
