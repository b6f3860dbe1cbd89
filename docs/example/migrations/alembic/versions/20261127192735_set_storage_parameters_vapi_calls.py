"""set_storage_parameters_vapi_calls."""

# vapi_calls has 53,338 dead rows beside 300,040 living ones: autovacuum comes to it too late.
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on vapi_calls, for an instant; reads
# and writes go on

from alembic import op

revision = '20261127192735'
down_revision = '20261127192734'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '500ms'")
    op.execute('set local statement_timeout = 0')
    op.execute("alter table public.vapi_calls set (autovacuum_vacuum_scale_factor = '0.01')")


def downgrade() -> None:
    op.execute("set local lock_timeout = '500ms'")
    op.execute('set local statement_timeout = 0')
    op.execute('alter table public.vapi_calls reset (autovacuum_vacuum_scale_factor)')
