    past := pg_catalog.format('%I.%I', home, past_name)::pg_catalog.regclass;
    for part in
        select i.inhrelid::pg_catalog.regclass
        from pg_catalog.pg_inherits as i
        where i.inhparent = asked and i.inhrelid <> past
        order by i.inhrelid
    loop
        own := array(
            select pg_catalog.pg_get_triggerdef(t.oid)
            from pg_catalog.pg_trigger as t
            where t.tgrelid = part and not t.tgisinternal
            order by t.tgname
        );
        execute pg_catalog.format('alter table %s detach partition %s', asked, part);
        execute pg_catalog.format('select exists (select from only %s)', part) into has_rows;
        if has_rows then
            heirs := heirs || part;
            triggers := triggers || own;
        else
            execute pg_catalog.format('drop table %s', part);
        end if;
    end loop;
    execute pg_catalog.format('alter table %s detach partition %s', asked, past);
    select k.conname into primary_name
    from pg_catalog.pg_constraint as k
    where k.conrelid = asked and k.contype = 'p';
    execute pg_catalog.format('alter table %s rename to %I', asked, spare_name);
    execute pg_catalog.format('alter table %s rename to %I', past, table_name);
    for command in
        select pg_catalog.format('alter sequence %s owned by %s.%I', d.objid::pg_catalog.regclass, past, a.attname)
        from pg_catalog.pg_depend as d
        join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
        join pg_catalog.pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
          and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
          and d.refobjid = asked and d.deptype = 'a'
    loop
        execute command;
    end loop;
    foreach command in array views loop
        execute command;
    end loop;
    execute pg_catalog.format('drop table %s', asked);
    if back_name <> '' then
        execute pg_catalog.format('alter table %s drop constraint %I', past, interim_name);
        execute pg_catalog.format(
            'alter table %s add constraint %I primary key using index %I', past, primary_name, back_name
        );
    elsif primary_name is not null then
        execute pg_catalog.format('alter table %s rename constraint %I to %I', past, past_primary_name, primary_name);
    end if;
    -- What was written since is read and changed through the table, until it is moved into it.
    foreach part in array heirs loop
        execute pg_catalog.format('alter table %s inherit %s', part, past);
    end loop;
    foreach command in array coalesce(numbering, '{}') || triggers loop
        execute command;
    end loop;
