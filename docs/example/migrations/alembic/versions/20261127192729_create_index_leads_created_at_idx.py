"""create_index_leads_created_at_idx."""

# 1 statement would use it
# 4.41 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on leads; reads
# and writes go on

from alembic import op

revision = '20261127192729'
down_revision = '20261127192728'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('create index concurrently leads_created_at_idx on public.leads (created_at) include (service_type, status)')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('drop index concurrently public.leads_created_at_idx')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')
