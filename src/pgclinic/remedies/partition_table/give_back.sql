declare
    asked constant pg_catalog.regclass := pg_catalog.format('%I.%I', home, table_name);
    part pg_catalog.regclass;
    columns pg_catalog.text;
    command pg_catalog.text;
    enabling pg_catalog.text[];
    moved pg_catalog.int4;
begin
    select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum) into columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = asked and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
    loop
        select i.inhrelid into part
        from pg_catalog.pg_inherits as i
        where i.inhparent = asked
        order by i.inhrelid
        limit 1;
        exit when part is null;
        -- Writers wait: one that waited for a row instead would find it gone, and its change would be lost.
        execute pg_catalog.format('lock table only %s, only %s in share row exclusive mode', asked, part);
        enabling := array(
            select pg_catalog.format('alter table %s enable %strigger %I', t.tgrelid::pg_catalog.regclass, case t.tgenabled
                when 'R' then 'replica ' when 'A' then 'always ' else ''
            end, t.tgname)
            from pg_catalog.pg_trigger as t
            where t.tgrelid in (asked, part) and not t.tgisinternal and t.tgenabled <> 'D'
            order by t.tgrelid, t.tgname
        );
        for command in
            select pg_catalog.format('alter table %s disable trigger %I', t.tgrelid::pg_catalog.regclass, t.tgname)
            from pg_catalog.pg_trigger as t
            where t.tgrelid in (asked, part) and not t.tgisinternal and t.tgenabled <> 'D'
            order by t.tgrelid, t.tgname
        loop
            execute command;
        end loop;
        execute pg_catalog.format(
            'with gone as (delete from only %s where ctid = any (array(select ctid from only %s limit %s)) returning %s)'
            ' insert into %s (%s) overriding system value select %s from gone',
            part, part, most, columns, asked, columns, columns
        );
        get diagnostics moved = row_count;
        foreach command in array enabling loop
            execute command;
        end loop;
        if moved > 0 then
            return query select pg_catalog.generate_series(1, moved);
            return;
        end if;
        execute pg_catalog.format('drop table %s', part);
    end loop;
end
