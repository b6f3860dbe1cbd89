declare
    parent constant pg_catalog.regclass := pg_catalog.format('%I.%I', home, table_name);
    filled constant pg_catalog.regclass := pg_catalog.format('%I.%I', home, filled_name);
    noted constant pg_catalog.regclass := pg_catalog.format('%I.%I', home, noted_name);
    state constant pg_catalog.regclass := pg_catalog.format('%I.%I', home, state_name);
    columns pg_catalog.text;
    own_columns pg_catalog.text;
    ending pg_catalog.text;
    wanted pg_catalog.int8;
    written pg_catalog.int8;
    taken pg_catalog.int8;
    reach pg_catalog.int8 := most;
    place record;
begin
    -- In the order in which TRUNCATE comes to them.
    for place in execute pg_catalog.format('select source, ending from %s order by source', state) loop
        ending := place.ending;
        execute pg_catalog.format('lock table only %s in access share mode', place.source);
    end loop;
    select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum),
        pg_catalog.string_agg('p.' || pg_catalog.quote_ident(a.attname), ', ' order by a.attnum)
    into columns, own_columns
    from pg_catalog.pg_attribute as a
    where a.attrelid = parent and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';

    -- Changed rows first: they are written as they are now. What is changed after that is noted after that.
    loop
        execute pg_catalog.format(
            'update %s set is_taken = true where ctid = any (array(select ctid from %s where not is_taken limit $1))',
            noted, noted
        ) using reach;
        get diagnostics taken = row_count;
        exit when taken = 0 and reach is not null;
        execute pg_catalog.format('delete from %s as f using %s as n where n.is_taken and %s', filled, noted, same);
        execute pg_catalog.format(
            'select pg_catalog.count(*) from %s as p join (select distinct %s from %s where is_taken) as n using (%s)'
            ' where p.%I < %L', parent, keys, noted, keys, key_name, ending
        ) into wanted;
        execute pg_catalog.format(
            'insert into %s (%s) overriding system value select %s from %s as p'
            ' join (select distinct %s from %s where is_taken) as n using (%s) where p.%I < %L on conflict do nothing',
            filled, columns, own_columns, parent, keys, noted, keys, key_name, ending
        );
        get diagnostics written = row_count;
        if written >= wanted then
            execute pg_catalog.format('delete from %s where is_taken', noted);
            exit;
        end if;
        -- A value of another unique key has changed hands: both rows have to be written together.
        exit when reach is null;
        reach := null;
    end loop;
    execute pg_catalog.format('update %s set is_taken = false where is_taken', noted);
    if taken >= most then
        return query select pg_catalog.generate_series(1, most);
        return;
    end if;

    -- Then the next pages of what was there before. Of what is written behind or beyond them, a note is taken.
    execute pg_catalog.format('select s.* from %s as s where s.next_page < s.pages order by s.source limit 1', state)
    into place;
    if place.source is null then
        return;
    end if;
    if pg_catalog.pg_relation_filenode(place.source) <> place.file then
        -- The table was rewritten: its rows lie elsewhere, and those that are there already are left alone.
        place.file := pg_catalog.pg_relation_filenode(place.source);
        place.pages := pg_catalog.pg_relation_size(place.source) / pg_catalog.current_setting('block_size')::pg_catalog.int8;
        place.next_page := 0;
    end if;
    execute pg_catalog.format(
        'insert into %s (%s) overriding system value select %s from only %s as p'
        ' where p.ctid >= %L::pg_catalog.tid and p.ctid < %L::pg_catalog.tid on conflict do nothing',
        filled, columns, own_columns, place.source, pg_catalog.format('(%s,0)', place.next_page),
        pg_catalog.format('(%s,0)', place.next_page + place.pages_at_once)
    );
    get diagnostics written = row_count;
    execute pg_catalog.format('update %s set next_page = $1, pages = $2, file = $3 where source = $4', state)
    using place.next_page + place.pages_at_once, place.pages, place.file, place.source;
    return query select pg_catalog.generate_series(1, greatest(written, 1)::pg_catalog.int4);
end
