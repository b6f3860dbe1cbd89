"""create_index_analytics_by_day_event_type_rest_idx."""

# the sums of whole days kept in analytics_by_day_event_type want what lies before and after them
# 11.6 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on analytics;
# reads and writes go on

from alembic import op

revision = '20261127192756'
down_revision = '20261127192755'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('create index concurrently analytics_by_day_event_type_rest_idx on public.analytics (created_at) include (event_type)')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('drop index concurrently public.analytics_by_day_event_type_rest_idx')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')
