do $$
begin
    execute format('create table at_its_end_3 partition of at_its_end for values from (%L) to (%L)',
                   current_date - 10, current_date + 20);
    execute format('create table nearly_2 partition of nearly for values from (%L) to (%L)',
                   now() + interval '10 days', now() + interval '40 days');
end
$$;
insert into at_its_end select n, current_date from generate_series(1, 100) as n;
