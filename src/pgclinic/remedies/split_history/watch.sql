    foreach source in array sources loop
        execute pg_catalog.format('lock table only %s in share row exclusive mode', source);
        execute pg_catalog.format(
            'create trigger %I after insert or update or delete on %s for each row execute function %I.%I()',
            note_name, source, home, note_name
        );
        execute pg_catalog.format(
            'create trigger %I before truncate on %s for each statement execute function %I.%I()',
            empty_name, source, home, empty_name
        );
        -- What a subscription writes counts too.
        execute pg_catalog.format('alter table %s enable always trigger %I', source, note_name);
        execute pg_catalog.format('alter table %s enable always trigger %I', source, empty_name);
        execute pg_catalog.format(
            'insert into %I.%I select c.oid, 0, $1, greatest(1, least(1024, ($2 * $1 / greatest(c.reltuples, $2))::int8)),'
            ' pg_catalog.pg_relation_filenode(c.oid), $4 from pg_catalog.pg_class as c where c.oid = $3', home, state_name
        ) using pg_catalog.pg_relation_size(source) / pg_catalog.current_setting('block_size')::pg_catalog.int8,
            most, source, ending::pg_catalog.text;
    end loop;
