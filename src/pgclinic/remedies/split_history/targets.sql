    select pg_catalog.substring(pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'TO \(''(.+)''\)') into ending
    from pg_catalog.pg_class as c
    join pg_catalog.pg_inherits as i on i.inhrelid = c.oid and i.inhparent = parent
    where c.oid = past;
    if ending is null then
        raise exception '% is no partition of % that ends', past, parent;
    end if;
    sources := array[past];
    -- What was found to be the beginning may not quite be it.
    part := pg_catalog.format('%I.%I', home, older_name);
    held := pg_catalog.format('for values from (minvalue) to (%L)', beginning);
    loop
        -- partition_table/partition.sql
        if pg_catalog.substring(held, 'minvalue') is null then
            execute pg_catalog.format(
                'alter table %s add constraint %I check (%I >= %L and %I < %L)',
                part, bound_name, key_name, beginning, key_name, following
            );
            execute pg_catalog.format('comment on table %s is %L', part, mark);
            beginning := following;
        end if;
        execute pg_catalog.format('alter table %s attach partition %s %s', filled, part, held);
        exit when beginning >= ending;
        following := beginning + width;
        part := pg_catalog.format('%I.%I', home, stem || pg_catalog.to_char(beginning, suffix));
        held := pg_catalog.format('for values from (%L) to (%L)', beginning, following);
    end loop;
