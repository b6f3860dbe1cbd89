create table at_its_end (id integer, day date) partition by range (day);
create table nearly (id integer, at timestamptz) partition by range (at);
do $$
begin
    execute format('create table at_its_end_1 partition of at_its_end for values from (%L) to (%L)',
                   current_date - 70, current_date - 40);
    execute format('create table at_its_end_2 partition of at_its_end for values from (%L) to (%L)',
                   current_date - 40, current_date - 10);
    execute format('create table nearly_1 partition of nearly for values from (%L) to (%L)',
                   now() - interval '29 days', now() + interval '1 day');
end
$$;
insert into at_its_end select n, current_date - 20 from generate_series(1, 100) as n;
insert into nearly select n, now() from generate_series(1, 100) as n;
