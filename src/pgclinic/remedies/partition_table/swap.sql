    if exists (select from pg_catalog.pg_index as i where i.indrelid = asked and not i.indisvalid) then
        raise exception '% has an invalid index: drop it or build it again first', asked;
    end if;
    if exists (select from pg_catalog.pg_constraint as k where k.conrelid = asked and not k.convalidated) then
        raise exception '% has a constraint that is not validated', asked;
    end if;
    select pg_catalog.string_agg(p.pubname, ', ') into others
    from pg_catalog.pg_publication_tables as t
    join pg_catalog.pg_publication as p on p.pubname = t.pubname
    where t.schemaname = home and t.tablename = table_name and not p.pubviaroot;
    if others is not null then
        raise exception 'publication % would send the partitions under their own names: set publish_via_partition_root', others;
    end if;
    if exists (
        select from pg_catalog.pg_publication_rel as r
        where r.prrelid = asked
          and (pg_catalog.to_jsonb(r) ->> 'prqual' is not null or pg_catalog.to_jsonb(r) ->> 'prattrs' is not null)
    ) then
        raise exception '% is published with a filter: add the partitioned table to its publication by hand', asked;
    end if;
    select pg_catalog.obj_description(k.oid, 'pg_constraint') into bound
    from pg_catalog.pg_constraint as k
    where k.conrelid = asked and k.conname = bound_name;

    -- The table becomes the partition of everything so far; its triggers will be the new table's.
    select k.conname into primary_name
    from pg_catalog.pg_constraint as k
    where k.conrelid = asked and k.contype = 'p';
    if interim_name <> '' then
        execute pg_catalog.format('alter table %s drop constraint %I', asked, primary_name);
        execute pg_catalog.format(
            'alter table %s add constraint %I primary key using index %I', asked, interim_name, interim_name
        );
    elsif primary_name is not null then
        execute pg_catalog.format('alter table %s rename constraint %I to %I', asked, primary_name, past_primary_name);
    end if;
    for command in
        select pg_catalog.format('drop trigger %I on %s', t.tgname, asked)
        from pg_catalog.pg_trigger as t
        where t.tgrelid = asked and not t.tgisinternal
        order by t.tgname
    loop
        execute command;
    end loop;
    execute pg_catalog.format('alter table %s rename to %I', asked, past_name);

    -- The new table: all that LIKE carries over, then the rest.
    execute pg_catalog.format(
        'create table %I.%I (like %s including all) partition by range (%I)', home, table_name, asked, key_name
    );
    made := pg_catalog.format('%I.%I', home, table_name)::pg_catalog.regclass;
    execute pg_catalog.format('alter table %s drop constraint %I', made, bound_name);
    for command in
        with relation as (
            select c.*, pg_catalog.obj_description(c.oid, 'pg_class') as words
            from pg_catalog.pg_class as c
            where c.oid = asked
        ), privilege (place, columns, entry) as (
            select 0, '', entry
            from relation as c
            cross join lateral pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) as entry
            union all
            select a.attnum, pg_catalog.format(' (%I)', a.attname), entry
            from pg_catalog.pg_attribute as a
            cross join lateral pg_catalog.aclexplode(a.attacl) as entry
            where a.attrelid = asked and a.attnum > 0 and not a.attisdropped
        )
        select todo.command
        from (
            select 1, 0, pg_catalog.format('alter table %s owner to %s', made, c.relowner::pg_catalog.regrole)
            from relation as c
            union all
            select 2, 0, pg_catalog.format('alter table %s rename constraint %I to %I', made, k.conname, primary_name)
            from pg_catalog.pg_constraint as k
            where k.conrelid = made and k.contype = 'p' and k.conname <> primary_name
            union all
            select 3, k.oid::pg_catalog.int8, pg_catalog.format(
                'alter table %s add constraint %I %s', made, k.conname, pg_catalog.pg_get_constraintdef(k.oid)
            )
            from pg_catalog.pg_constraint as k
            where k.conrelid = asked and k.contype = 'f'
            union all
            select 4, 0, pg_catalog.format(
                'revoke all on table %s from %s', made,
                case entry.grantee when 0 then 'public' else entry.grantee::pg_catalog.regrole::pg_catalog.text end
            )
            from pg_catalog.pg_class as c
            cross join lateral pg_catalog.aclexplode(c.relacl) as entry
            where c.oid = made
            union all
            select 5, g.place, pg_catalog.format(
                'grant %s%s on table %s to %s%s', (g.entry).privilege_type, g.columns, made,
                case (g.entry).grantee
                    when 0 then 'public'
                    else (g.entry).grantee::pg_catalog.regrole::pg_catalog.text
                end,
                case when (g.entry).is_grantable then ' with grant option' else '' end
            )
            from privilege as g
            union all
            select 6, 0, pg_catalog.format('comment on table %s is %L', made, c.words)
            from relation as c
            where c.words is not null
            union all
            select 7, a.attnum, pg_catalog.format(
                'alter table %s alter column %I set statistics %s', made, a.attname, a.attstattarget
            )
            from pg_catalog.pg_attribute as a
            where a.attrelid = asked and a.attnum > 0 and not a.attisdropped and a.attstattarget >= 0
            union all
            select 8, a.attnum, pg_catalog.format(
                'alter table %s alter column %I set (%s)', made, a.attname,
                pg_catalog.array_to_string(own.options, ', ')
            )
            from pg_catalog.pg_attribute as a
            cross join lateral (
                -- pg_attver is the server's own mark of a column (15.20), nothing that one sets.
                select array(
                    select o from pg_catalog.unnest(a.attoptions) as o
                    where not pg_catalog.starts_with(o, 'pg_attver=')
                ) as options
            ) as own
            where a.attrelid = asked and a.attnum > 0 and not a.attisdropped and own.options <> '{}'
            union all
            select 9, d.refobjsubid, pg_catalog.format(
                'alter sequence %s owned by %s.%I', d.objid::pg_catalog.regclass, made, a.attname
            )
            from pg_catalog.pg_depend as d
            join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
            join pg_catalog.pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
            where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
              and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
              and d.refobjid = asked and d.deptype = 'a'
            union all
            select 10, 0, pg_catalog.format('alter publication %I add table %s', p.pubname, made)
            from pg_catalog.pg_publication_rel as r
            join pg_catalog.pg_publication as p on p.oid = r.prpubid
            where r.prrelid = asked
            union all
            select 11, 0, pg_catalog.format(
                'alter table %s replica identity %s', made, case c.relreplident when 'f' then 'full' else 'nothing' end
            )
            from relation as c
            where c.relreplident in ('f', 'n')
            union all
            select 12, p.oid::pg_catalog.int8, pg_catalog.format(
                'create policy %I on %s as %s for %s to %s%s%s', p.polname, made,
                case when p.polpermissive then 'permissive' else 'restrictive' end,
                case p.polcmd
                    when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all'
                end,
                (
                    select pg_catalog.string_agg(
                        case role.oid when 0 then 'public' else role.oid::pg_catalog.regrole::pg_catalog.text end, ', '
                    )
                    from pg_catalog.unnest(p.polroles) as role (oid)
                ),
                ' using (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
                ' with check (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'
            )
            from pg_catalog.pg_policy as p
            where p.polrelid = asked
            union all
            select 13, 0, pg_catalog.format('alter table %s enable row level security', made)
            from relation as c
            where c.relrowsecurity
            union all
            select 14, 0, pg_catalog.format('alter table %s force row level security', made)
            from relation as c
            where c.relforcerowsecurity
        ) as todo (step, place, command)
        order by todo.step, todo.place, todo.command
    loop
        execute command;
    end loop;
    execute pg_catalog.format(
        'alter table %s attach partition %s for values from (minvalue) to (%L)', made, asked, bound
    );
    execute pg_catalog.format('alter table %s drop constraint %I', asked, bound_name);
    foreach command in array coalesce(numbering, '{}') || triggers || views loop
        execute command;
    end loop;
