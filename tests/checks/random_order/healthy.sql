create extension pg_stat_statements;
create table quotes as select n as id, md5(n::text) as words from generate_series(1, 20000) as n;
create table few as select * from quotes limit 500;
create index on quotes (id);
analyze;
-- times: 30
select id from few order by random() limit 1;
-- times: 30
select id from quotes order by id limit 1;
-- Of a few that an index finds:
-- times: 30
select id from quotes where id < 30 order by random() limit 1;
