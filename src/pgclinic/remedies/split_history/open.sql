    -- Every name is printed with its schema and every time in one zone, so that both mean the same afterwards.
    perform pg_catalog.set_config('search_path', '', true);
    perform pg_catalog.set_config('TimeZone', 'UTC', true);
    perform pg_catalog.set_config('DateStyle', 'ISO, YMD', true);
    parent := pg_catalog.format('%I.%I', home, table_name)::pg_catalog.regclass;
    past := pg_catalog.format('%I.%I', home, past_name)::pg_catalog.regclass;
    model := past;
    execute pg_catalog.format('lock table only %s in share update exclusive mode', parent);
    -- What is being filled is nobody's table yet, and would be sent to whoever is subscribed to everything.
    select pg_catalog.string_agg(p.pubname, ', ') into others
    from pg_catalog.pg_publication as p
    where p.puballtables;
    if others is not null then
        raise exception 'publication % sends every table, and the new partitions before their time', others;
    end if;
    if pg_catalog.to_regclass('pg_catalog.pg_publication_namespace') is not null then
        execute 'select pg_catalog.string_agg(p.pubname, '', '') from pg_catalog.pg_publication as p'
            ' join pg_catalog.pg_publication_namespace as n on n.pnpubid = p.oid'
            ' where n.pnnspid = $1::pg_catalog.regnamespace' into others using pg_catalog.quote_ident(home);
        if others is not null then
            raise exception 'publication % sends every table of %, and the new partitions before their time', others, home;
        end if;
    end if;
    execute pg_catalog.format(
        'create table %I.%I (like %s including all excluding identity) partition by range (%I)',
        home, filled_name, parent, key_name
    );
    filled := pg_catalog.format('%I.%I', home, filled_name)::pg_catalog.regclass;
    for command in
        select pg_catalog.format('alter table %s owner to %s', filled, c.relowner::pg_catalog.regrole)
        from pg_catalog.pg_class as c
        where c.oid = parent
        union all
        -- Checked row by row while it is filled, or every row would be checked under the lock of the exchange.
        select pg_catalog.format(
            'alter table %s add constraint %I %s', filled, k.conname, pg_catalog.pg_get_constraintdef(k.oid)
        )
        from pg_catalog.pg_constraint as k
        where k.conrelid = parent and k.contype = 'f'
    loop
        execute command;
    end loop;
    -- The keys of rows that were changed since the filling began, for it to look at again.
    execute pg_catalog.format(
        'create table %I.%I as select %s from only %s with no data', home, noted_name, keys, parent
    );
    execute pg_catalog.format(
        'alter table %I.%I add column is_taken pg_catalog.bool not null default false', home, noted_name
    );
    execute pg_catalog.format(
        'create table %I.%I (source pg_catalog.regclass, next_page pg_catalog.int8, pages pg_catalog.int8,'
        ' pages_at_once pg_catalog.int8, file pg_catalog.oid, ending pg_catalog.text)', home, state_name
    );
