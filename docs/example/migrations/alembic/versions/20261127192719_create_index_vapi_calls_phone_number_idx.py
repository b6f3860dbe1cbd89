"""create_index_vapi_calls_phone_number_idx."""

# 4 statements would use it
# 3.11 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls;
# reads and writes go on

from alembic import op

revision = '20261127192719'
down_revision = None  # set it to the head that you have
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('create index concurrently vapi_calls_phone_number_idx on public.vapi_calls (phone_number)')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('drop index concurrently public.vapi_calls_phone_number_idx')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')
