"""set_storage_parameters_rate_limits."""

# rate_limits has 893 dead rows beside 5,000 living ones: autovacuum comes to it too late.
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on rate_limits, for an instant; reads
# and writes go on

from alembic import op

revision = '20261127192737'
down_revision = '20261127192736'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '500ms'")
    op.execute('set local statement_timeout = 0')
    op.execute("alter table public.rate_limits set (autovacuum_vacuum_scale_factor = '0.01')")


def downgrade() -> None:
    op.execute("set local lock_timeout = '500ms'")
    op.execute('set local statement_timeout = 0')
    op.execute('alter table public.rate_limits reset (autovacuum_vacuum_scale_factor)')
