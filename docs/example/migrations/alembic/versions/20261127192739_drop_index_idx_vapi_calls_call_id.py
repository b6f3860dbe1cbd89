"""drop_index_idx_vapi_calls_call_id."""

# The index idx_vapi_calls_call_id of vapi_calls repeats vapi_calls_call_id_key and takes 12.1 MB.
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on vapi_calls; reads
# and writes go on

from alembic import op

revision = '20261127192739'
down_revision = '20261127192738'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('drop index concurrently public.idx_vapi_calls_call_id')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('CREATE INDEX CONCURRENTLY idx_vapi_calls_call_id ON public.vapi_calls USING btree (call_id)')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')
