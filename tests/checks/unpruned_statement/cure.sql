select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
-- times: 30
select day from visits where id = 77 and day between '2026-02-01' and '2026-02-28';
-- times: 30
select v.day from visits v join few on few.id = v.id and few.day = v.day where v.place = 'a';
