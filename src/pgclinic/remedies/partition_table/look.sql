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
