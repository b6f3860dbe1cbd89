    perform pg_catalog.set_config('search_path', '', true);
    perform pg_catalog.set_config('TimeZone', 'UTC', true);
    perform pg_catalog.set_config('DateStyle', 'ISO, YMD', true);
    parent := pg_catalog.format('%I.%I', home, table_name)::pg_catalog.regclass;
    past := pg_catalog.format('%I.%I', home, past_name)::pg_catalog.regclass;
    filled := pg_catalog.format('%I.%I', home, filled_name)::pg_catalog.regclass;
    step := pg_catalog.format('select count(*) from %I.%I($1)', home, step_name);
    -- What has been noted since the last batch is written before anybody has to wait, and the rest when all do.
    loop
        execute step into done using most;
        exit when done = 0;
    end loop;
    execute pg_catalog.format('select pg_catalog.array_agg(source) from %I.%I', home, state_name) into sources;
    execute pg_catalog.format('lock table only %s in access exclusive mode', parent);
    foreach source in array sources loop
        execute pg_catalog.format('lock table only %s in access exclusive mode', source);
    end loop;
    loop
        execute step into done using most;
        execute pg_catalog.format('select exists (select from %I.%I)', home, noted_name) into is_behind;
        exit when done = 0 and not is_behind;
    end loop;

    foreach source in array sources loop
        execute pg_catalog.format('drop trigger %I on %s', note_name, source);
        execute pg_catalog.format('drop trigger %I on %s', empty_name, source);
        execute pg_catalog.format('alter table %s detach partition %s', parent, source);
    end loop;
    if is_back then
        foreach source in array sources loop
            execute pg_catalog.format('drop table %s', source);
        end loop;
    else
        -- It stays as the partition of what is older, with all that it was, for the way back.
        execute pg_catalog.format('truncate %s', past);
        part := pg_catalog.format('%I.%I', home, older_name);
        select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum) into columns
        from pg_catalog.pg_attribute as a
        where a.attrelid = parent and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
        execute pg_catalog.format(
            'insert into %s (%s) overriding system value select %s from only %s', past, columns, columns, part
        );
        select pg_catalog.pg_get_expr(c.relpartbound, c.oid) into held
        from pg_catalog.pg_class as c
        where c.oid = part::pg_catalog.regclass;
        execute pg_catalog.format('drop table %s', part);
        execute pg_catalog.format('alter table %s attach partition %s %s', parent, past, held);
    end if;
    for part, held in
        select c.oid::pg_catalog.regclass, pg_catalog.pg_get_expr(c.relpartbound, c.oid)
        from pg_catalog.pg_inherits as i
        join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = filled
        order by c.oid
    loop
        execute pg_catalog.format('alter table %s detach partition %s', filled, part);
        execute pg_catalog.format('alter table %s attach partition %s %s', parent, part, held);
        execute pg_catalog.format('alter table %s drop constraint %I', part, bound_name);
    end loop;
    execute pg_catalog.format('drop function %I.%I(integer)', home, step_name);
    execute pg_catalog.format('drop function %I.%I()', home, note_name);
    execute pg_catalog.format('drop function %I.%I()', home, empty_name);
    execute pg_catalog.format('drop table %I.%I, %I.%I, %s', home, noted_name, home, state_name, filled);
