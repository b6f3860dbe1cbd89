create table kept (id integer, day date) partition by range (day);
create table kept_now partition of kept for values from ('2000-01-01') to ('2200-01-01');
create table endless (id integer, at timestamptz) partition by range (at);
create table endless_now partition of endless for values from ('2000-01-01') to (maxvalue);
create table unwritten (id integer, day date) partition by range (day);
do $$
begin
    execute format('create table unwritten_1 partition of unwritten for values from (%L) to (%L)',
                   current_date - 40, current_date - 10);
end
$$;
-- Ended long ago: an archive, whatever its counters say.
create table archive (id integer, day date) partition by range (day);
create table archive_1 partition of archive for values from ('2020-01-01') to ('2020-02-01');
create table numbers (id integer) partition by range (id);
create table numbers_1 partition of numbers for values from (0) to (1000);
create table places (id integer, place text) partition by list (place);
create table places_1 partition of places for values in ('a');
insert into kept select n, '2026-01-01' from generate_series(1, 100) as n;
insert into endless select n, '2026-01-01' from generate_series(1, 100) as n;
insert into archive select n, '2020-01-07' from generate_series(1, 100) as n;
insert into numbers select n from generate_series(1, 100) as n;
insert into places select n, 'a' from generate_series(1, 100) as n;
