"""search_function_c10fc81577c7909d."""

# One plan of a search in vapi_calls serves every combination of filters (phone_number, status,
# created_at); a function plans for those that are on.
# in your application: Call the function in place of the statement; a filter that is off is null, as
# before.

from alembic import op

revision = '20261127192743'
down_revision = '20261127192742'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '500ms'")
    op.execute('set local statement_timeout = 0')
    op.execute("""create function public.search_vapi_calls(phone_number_wanted text, status_wanted text, created_at_from timestamptz, created_at_before timestamptz, rows_wanted bigint) returns table (id uuid, call_id text, phone_number text, status text, priority text, started_at timestamp with time zone, duration int)
language plpgsql stable security invoker
set search_path = public, pg_temp
as $$
begin
    return query execute
        'SELECT id, call_id, phone_number, status, priority, started_at, duration FROM vapi_calls WHERE true'
        || case when $1 is null then '' else ' and (phone_number = $1)' end
        || case when $2 is null then '' else ' and (status = $2)' end
        || case when $3 is null then '' else ' and (created_at >= $3)' end
        || case when $4 is null then '' else ' and (created_at < $4)' end
        || ' ORDER BY created_at DESC LIMIT $5'
        using $1, $2, $3, $4, $5;
end
$$""")


def downgrade() -> None:
    op.execute("set local lock_timeout = '500ms'")
    op.execute('set local statement_timeout = 0')
    op.execute('drop function public.search_vapi_calls(text, text, timestamptz, timestamptz, bigint)')
