-- Roles belong to the whole server: another database, or another load at this very moment, may have made them.

do $$
declare
    wanted text;
    has_options constant boolean := exists (
        select from pg_catalog.pg_attribute
        where attrelid = 'pg_catalog.pg_auth_members'::pg_catalog.regclass and attname = 'set_option'
    );
    become constant text := case when has_options then 'set' else 'member' end;
    option constant text := case when has_options then 'with set true' else '' end;
begin
    foreach wanted in array array['anon', 'authenticated', 'service_role'] loop
        if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
            begin
                execute pg_catalog.format('create role %I nologin', wanted);
            exception
                when duplicate_object or unique_violation then null;
            end;
        end if;
        -- Since 16 the creator of a role may grant it, and nothing more, and the workload must become these roles.
        if not pg_catalog.pg_has_role(current_user, wanted, become) then
            begin
                execute pg_catalog.format('grant %I to current_user %s', wanted, option);
            exception
                when insufficient_privilege then null;
            end;
        end if;
    end loop;
end
$$;
