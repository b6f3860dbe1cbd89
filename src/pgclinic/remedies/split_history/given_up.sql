    if pg_catalog.to_regclass(pg_catalog.format('%I.%I', home, filled_name)) is not null then
        for source in execute pg_catalog.format('select source from %I.%I', home, state_name) loop
            execute pg_catalog.format('drop trigger %I on %s', note_name, source);
            execute pg_catalog.format('drop trigger %I on %s', empty_name, source);
        end loop;
        execute pg_catalog.format('drop function %I.%I(integer)', home, step_name);
        execute pg_catalog.format('drop function %I.%I()', home, note_name);
        execute pg_catalog.format('drop function %I.%I()', home, empty_name);
        execute pg_catalog.format('drop table %I.%I, %I.%I, %I.%I', home, noted_name, home, state_name, home, filled_name);
    end if;
