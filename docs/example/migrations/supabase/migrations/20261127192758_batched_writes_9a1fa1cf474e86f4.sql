-- Rows of vapi_calls are written one statement at a time, 5,000 calls; up to 1,000 rows can be written
-- by one statement, and the function runs the statement itself for each row, in order, or for all of
-- them at once when no two have the same key.
-- in your application: Collect the rows and write up to a thousand of them with one statement, each
-- parameter an array.

set local lock_timeout = '500ms';
set local statement_timeout = 0;
create function public.write_vapi_calls(call_id_values text[], phone_number_values text[], started_at_values timestamp with time zone[], duration_values int[], priority_values text[], status_values text[]) returns void
language plpgsql volatile security invoker
set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
    batch record;
begin
    if (select count(*) = count(distinct (batch.call_id)) from unnest(call_id_values, phone_number_values, started_at_values, duration_values, priority_values, status_values) with ordinality as batch (call_id, phone_number, started_at, duration, priority, status, position)) then
        insert into public.vapi_calls (call_id, phone_number, status, started_at, created_at, duration, priority)
        select batch.call_id, batch.phone_number, batch.status, batch.started_at, batch.started_at, batch.duration, batch.priority
        from unnest(call_id_values, phone_number_values, started_at_values, duration_values, priority_values, status_values) with ordinality batch(call_id, phone_number, started_at, duration, priority, status, "position")
        order by batch."position"
        on conflict (call_id) do update set status = excluded.status, duration = excluded.duration;
    else
        for batch in
            select * from unnest(call_id_values, phone_number_values, started_at_values, duration_values, priority_values, status_values) with ordinality as batch (call_id, phone_number, started_at, duration, priority, status, position) order by batch.position
        loop
            insert into public.vapi_calls (call_id, phone_number, status, started_at, created_at, duration, priority) values (batch.call_id, batch.phone_number, batch.status, batch.started_at, batch.started_at, batch.duration, batch.priority)
            on conflict (call_id) do update set status = excluded.status, duration = excluded.duration;
        end loop;
    end if;
end
$$;
