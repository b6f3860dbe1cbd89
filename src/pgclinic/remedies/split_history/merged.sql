    execute pg_catalog.format('lock table only %s, only %s in access exclusive mode', parent, past);
    sources := array(
        select i.inhrelid::pg_catalog.regclass
        from pg_catalog.pg_inherits as i
        where i.inhparent = parent and pg_catalog.obj_description(i.inhrelid, 'pg_class') = mark
        order by i.inhrelid
    );
    select max(p.ending), min(p.ending) filter (where p.oid = past) into ending, beginning
    from (
        select c.oid, pg_catalog.substring(
            pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'TO \(''(.+)''\)'
        )::key_type as ending
        from pg_catalog.pg_inherits as i
        join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = parent and (c.oid = past or c.oid = any (sources))
    ) as p;
    if beginning is null then
        raise exception '% is no partition of % that ends', past, parent;
    end if;
    -- What is older than all that was split off, if anything is, makes room.
    execute pg_catalog.format('alter table %s detach partition %s', parent, past);
    part := pg_catalog.format('%I.%I', home, older_name);
    -- partition_table/partition.sql
    select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum) into columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = parent and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
    execute pg_catalog.format(
        'insert into %s (%s) overriding system value select %s from only %s', part, columns, columns, past
    );
    execute pg_catalog.format('truncate %s', past);
    execute pg_catalog.format(
        'alter table %s attach partition %s for values from (minvalue) to (%L)', parent, part, beginning
    );
    sources := part::pg_catalog.regclass || sources;
    execute pg_catalog.format('alter table %s add constraint %I check (%I < %L)', past, bound_name, key_name, ending);
    execute pg_catalog.format(
        'alter table %s attach partition %s for values from (minvalue) to (%L)', filled, past, ending
    );
