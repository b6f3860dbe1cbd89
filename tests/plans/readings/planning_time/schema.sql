do $$ begin
    for n in 0..9 loop
        execute format('create table part_%s (id int primary key, v int)', n);
        execute format('insert into part_%s values (1, %s)', n, n);
    end loop;
end $$;
analyze;
