create function halved(a integer) returns integer language plpgsql immutable as $$ begin return a / 2; end $$;
create index "Halves" on orders (halved(code));
create or replace function halved(a integer) returns integer language plpgsql immutable as $$
begin
    raise exception 'interrupted';
end
$$;
-- fails: interrupted
reindex index concurrently "Halves";
-- fails: interrupted
reindex index concurrently "Halves";
