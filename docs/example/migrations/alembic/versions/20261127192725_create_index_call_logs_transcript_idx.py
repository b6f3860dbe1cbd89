"""create_index_call_logs_transcript_idx."""

# 1 statement would use it
# 5.11 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on call_logs;
# reads and writes go on

from alembic import op

revision = '20261127192725'
down_revision = '20261127192724'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('create index concurrently call_logs_transcript_idx on public.call_logs using gin (transcript jsonb_path_ops)')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('drop index concurrently public.call_logs_transcript_idx')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')
