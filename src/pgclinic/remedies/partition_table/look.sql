    -- From here on every name is printed with its schema, so that it means the same afterwards.
    perform pg_catalog.set_config('search_path', '', true);
    asked := pg_catalog.format('%I.%I', home, table_name)::pg_catalog.regclass;
    execute pg_catalog.format('lock table %s in access exclusive mode', asked);
    select pg_catalog.string_agg(pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid), ', ' order by d.objid)
    into others
    from pg_catalog.pg_depend as d
    join pg_catalog.pg_class as c on c.oid = asked
    join pg_catalog.pg_type as t on t.oid = c.reltype
    left join pg_catalog.pg_constraint as k on d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and k.oid = d.objid
    left join pg_catalog.pg_trigger as g on d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and g.oid = d.objid
    left join pg_catalog.pg_policy as p on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and p.oid = d.objid
    left join pg_catalog.pg_attrdef as f on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and f.oid = d.objid
    left join pg_catalog.pg_rewrite as r on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objid
    left join pg_catalog.pg_class as v on v.oid = r.ev_class and v.relkind = 'v'
    where d.deptype = 'n'
      and (
          d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = asked
          or d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass and d.refobjid in (t.oid, t.typarray)
      )
      and v.oid is null
      and (k.oid is null or k.conrelid <> asked or k.confrelid = asked)
      and (g.oid is null or g.tgrelid <> asked)
      and (p.oid is null or p.polrelid <> asked)
      and (f.oid is null or f.adrelid <> asked);
    if others is not null then
        raise exception '% cannot be exchanged while these depend on it: %', asked, others;
    end if;
    views := array(
        select pg_catalog.format(
            'create or replace view %s%s as %s',
            v.oid::pg_catalog.regclass,
            ' with (' || pg_catalog.array_to_string(v.reloptions, ', ') || ')',
            pg_catalog.pg_get_viewdef(v.oid)
        )
        from pg_catalog.pg_class as v
        where v.relkind = 'v' and v.oid in (
            select r.ev_class
            from pg_catalog.pg_depend as d
            join pg_catalog.pg_rewrite as r on r.oid = d.objid
            where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
              and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
              and d.refobjid = asked
        )
        order by v.oid
    );
    -- An identity column's sequence goes with its table: it is made again, where it was.
    select pg_catalog.array_agg(pg_catalog.format('alter table %s alter column %I drop identity', asked, a.attname)),
        pg_catalog.array_agg(pg_catalog.format(
            'alter table %s alter column %I add generated %s as identity (sequence name %s increment by %s minvalue %s'
            ' maxvalue %s start with %s cache %s%s)',
            asked, a.attname, case a.attidentity when 'a' then 'always' else 'by default' end, q.name,
            s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache, case when s.seqcycle then ' cycle' else '' end
        )),
        pg_catalog.array_agg(q.name)
    into dropping, numbering, sequences
    from pg_catalog.pg_attribute as a
    cross join lateral pg_catalog.pg_get_serial_sequence(asked::pg_catalog.text, a.attname) as q (name)
    join pg_catalog.pg_sequence as s on s.seqrelid = q.name::pg_catalog.regclass
    where a.attrelid = asked and a.attnum > 0 and a.attidentity <> '';
    foreach command in array coalesce(sequences, '{}') loop
        execute pg_catalog.format('select last_value, is_called from %s', command) into reached, is_called;
        numbering := numbering || pg_catalog.format('select pg_catalog.setval(%L, %s, %L)', command, reached, is_called);
    end loop;
    foreach command in array coalesce(dropping, '{}') loop
        execute command;
    end loop;
    triggers := array(
        select line.sql
        from pg_catalog.pg_trigger as t
        cross join lateral (
            values
                (1, pg_catalog.pg_get_triggerdef(t.oid)),
                (2, case t.tgenabled
                    when 'D' then pg_catalog.format('alter table %s disable trigger %I', asked, t.tgname)
                    when 'R' then pg_catalog.format('alter table %s enable replica trigger %I', asked, t.tgname)
                    when 'A' then pg_catalog.format('alter table %s enable always trigger %I', asked, t.tgname)
                end)
        ) as line (place, sql)
        where t.tgrelid = asked and not t.tgisinternal and line.sql is not null
        order by t.tgname, line.place
    );
