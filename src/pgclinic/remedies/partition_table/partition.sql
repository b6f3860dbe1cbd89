        execute pg_catalog.format('create table %s (like %s including all excluding identity)', part, parent);
        for command in
            select pg_catalog.format('alter table %s owner to %s', part, c.relowner::pg_catalog.regrole)
            from pg_catalog.pg_class as c
            where c.oid = parent
            union all
            -- Default privileges: whoever may read the table reads it through its own rights and policies.
            select pg_catalog.format('revoke all on table %s from %s', part, case entry.grantee
                when 0 then 'public' else entry.grantee::pg_catalog.regrole::pg_catalog.text
            end)
            from pg_catalog.pg_class as c
            cross join lateral pg_catalog.aclexplode(c.relacl) as entry
            where c.oid = part::pg_catalog.regclass and entry.grantee <> c.relowner
            union all
            select pg_catalog.format('alter table %s enable row level security', part)
            from pg_catalog.pg_class as c
            where c.oid = parent and c.relrowsecurity
            union all
            select pg_catalog.format('alter table %s replica identity %s', part, case c.relreplident
                when 'f' then 'full' else 'nothing'
            end)
            from pg_catalog.pg_class as c
            where c.oid = parent and c.relreplident in ('f', 'n')
            union all
            select pg_catalog.format('alter table %s set (%s)', part, pg_catalog.array_to_string(c.reloptions, ', '))
            from pg_catalog.pg_class as c
            where c.oid = model and c.reloptions is not null
            union all
            select pg_catalog.format('alter table %s set (toast.%s)', part, option.text)
            from pg_catalog.pg_class as c
            join pg_catalog.pg_class as t on t.oid = c.reltoastrelid
            cross join lateral pg_catalog.unnest(t.reloptions) as option (text)
            where c.oid = model
            union all
            select pg_catalog.format('alter table %s alter column %I set statistics %s', part, a.attname, a.attstattarget)
            from pg_catalog.pg_attribute as a
            where a.attrelid = parent and a.attnum > 0 and not a.attisdropped and a.attstattarget >= 0
        loop
            execute command;
        end loop;
