"""create_index_vapi_calls_by_day_priority_rest_idx."""

# the sums of whole days kept in vapi_calls_by_day_priority want what lies before and after them
# 13.7 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls;
# reads and writes go on

from alembic import op

revision = '20261127192744'
down_revision = '20261127192743'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('create index concurrently vapi_calls_by_day_priority_rest_idx on public.vapi_calls (started_at) include (duration, priority, status)')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('drop index concurrently public.vapi_calls_by_day_priority_rest_idx')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')
