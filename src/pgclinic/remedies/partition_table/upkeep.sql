declare
    parent constant pg_catalog.regclass := pg_catalog.format('%I.%I', home, table_name);
    held pg_catalog.text;
    part pg_catalog.text;
    newest key_type;
    ending key_type;
    model pg_catalog.oid;
    spare pg_catalog.regclass;
    columns pg_catalog.text;
    has_strays pg_catalog.bool;
    command pg_catalog.text;
    done pg_catalog.int4 := 0;
begin
    -- Whoever comes second waits here and finds nothing left to do; reads and writes go on.
    execute pg_catalog.format('lock table only %s in share update exclusive mode', parent);
    select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum) into columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = parent and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
    select p.ending, p.oid into newest, model
    from (
        select c.oid, pg_catalog.substring(
            pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'TO \(''(.+)''\)'
        )::key_type as ending
        from pg_catalog.pg_inherits as i
        join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = parent
    ) as p
    where p.ending is not null
    order by p.ending desc
    limit 1;
    loop
        select i.inhrelid into spare
        from pg_catalog.pg_inherits as i
        join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = parent and pg_catalog.pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT';
        exit when (spare is not null or not has_default) and newest > pg_catalog.now() + ahead * width;
        has_strays := false;
        if newest > pg_catalog.now() + ahead * width then
            -- Last, because it is locked whenever another partition is made.
            part := pg_catalog.format('%I.%I', home, stem || '_other');
            held := 'default';
        else
            ending := newest + width;
            part := pg_catalog.format('%I.%I', home, stem || pg_catalog.to_char(newest, suffix));
            held := pg_catalog.format('for values from (%L) to (%L)', newest, ending);
            if spare is not null then
                execute pg_catalog.format(
                    'select exists (select from %s where %I >= %L and %I < %L)',
                    spare, key_name, newest, key_name, ending
                ) into has_strays;
            end if;
        end if;
        -- partition_table/partition.sql
        if has_strays then
            -- Rows that came before their partition did. Detached, the default has no triggers of the parent.
            execute pg_catalog.format('alter table %s detach partition %s', parent, spare);
            execute pg_catalog.format(
                'with gone as (delete from only %s where %I >= %L and %I < %L returning %s)'
                ' insert into %s (%s) select %s from gone',
                spare, key_name, newest, key_name, ending, columns, part, columns, columns
            );
        end if;
        execute pg_catalog.format('alter table %s attach partition %s %s', parent, part, held);
        if has_strays then
            execute pg_catalog.format('alter table %s attach partition %s default', parent, spare);
        end if;
        if held <> 'default' then
            newest := ending;
        end if;
        done := done + 1;
    end loop;
    if keep is null then
        return done;
    end if;
    for part in
        select p.oid::pg_catalog.regclass
        from (
            select c.oid, pg_catalog.substring(
                pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'TO \(''(.+)''\)'
            )::key_type as ending
            from pg_catalog.pg_inherits as i
            join pg_catalog.pg_class as c on c.oid = i.inhrelid
            where i.inhparent = parent
        ) as p
        where p.ending <= pg_catalog.now() - keep
        order by p.ending
    loop
        execute pg_catalog.format('alter table %s detach partition %s', parent, part);
        if dropping then
            execute pg_catalog.format('drop table %s', part);
        end if;
        done := done + 1;
    end loop;
    return done;
end
