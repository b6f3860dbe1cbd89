"""create_index_call_logs_call_id_idx."""

# 2 statements would use it
# 15.2 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on call_logs;
# reads and writes go on

from alembic import op

revision = '20261127192721'
down_revision = '20261127192720'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('create index concurrently call_logs_call_id_idx on public.call_logs (call_id)')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('drop index concurrently public.call_logs_call_id_idx')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')
