"""create_index_vapi_calls_by_day_rest_idx_2."""

# the sums of whole days kept in vapi_calls_by_day want what lies before and after them
# 19.6 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls;
# reads and writes go on

from alembic import op

revision = '20261127192752'
down_revision = '20261127192751'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '500ms'")
    op.execute('set local statement_timeout = 0')
    op.execute('analyze public.vapi_calls')


def downgrade() -> None:
    pass
