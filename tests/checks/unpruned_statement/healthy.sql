create extension pg_stat_statements;
create table visits (id integer, place text, day date) partition by range (day);
create table visits_1 partition of visits for values from ('2026-01-01') to ('2026-02-01');
create table visits_2 partition of visits for values from ('2026-02-01') to ('2026-03-01');
create table visits_3 partition of visits for values from ('2026-03-01') to ('2026-04-01');
create table visits_4 partition of visits for values from ('2026-04-01') to ('2026-05-01');
insert into visits select n, 'a', date '2026-01-01' + n % 120 from generate_series(1, 2000) as n;
create table two (id integer, day date) partition by range (day);
create table two_1 partition of two for values from ('2026-01-01') to ('2026-02-01');
create table two_2 partition of two for values from ('2026-02-01') to ('2026-03-01');
create table hashed (id integer, place text) partition by hash (id);
create table hashed_1 partition of hashed for values with (modulus 4, remainder 0);
create table hashed_2 partition of hashed for values with (modulus 4, remainder 1);
create table hashed_3 partition of hashed for values with (modulus 4, remainder 2);
create table hashed_4 partition of hashed for values with (modulus 4, remainder 3);
create table few as select n as id, date '2026-01-01' + n as day from generate_series(1, 5) as n;
analyze;
-- times: 30
select id from visits where id = 77 and day = '2026-02-07';
-- times: 30
select id from visits where id = 77 and day >= '2026-02-07';
-- times: 30
select v.id from visits v join few on few.day = v.day where v.place = 'a';
-- All of it is wanted:
-- times: 30
select count(*) from visits;
-- times: 30
select day from two where id = 77;
-- times: 30
select place from hashed where id = 77;
-- times: 30
insert into visits values (1, 'a', '2026-02-07');
