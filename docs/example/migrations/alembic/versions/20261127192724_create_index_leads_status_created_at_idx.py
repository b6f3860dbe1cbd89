"""create_index_leads_status_created_at_idx."""

# 2 statements would use it
# 13.7 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on leads; reads
# and writes go on

from alembic import op

revision = '20261127192724'
down_revision = '20261127192723'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('create index concurrently leads_status_created_at_idx on public.leads (status, created_at) include (id, phone, email, name, service_type, urgency_level, city, estimated_value)')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('drop index concurrently public.leads_status_created_at_idx')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')
