"""rewrite_policies_rate_limits."""

# The policies of rate_limits compute for every row what is the same for all; written so, they do it
# once.
# lock: ACCESS EXCLUSIVE; blocks everything on rate_limits, for an instant

from alembic import op

revision = '20261127192734'
down_revision = '20261127192733'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '500ms'")
    op.execute('set local statement_timeout = 0')
    op.execute('alter policy "service role full access" on public.rate_limits using ((SELECT auth.role()) = \'service_role\'::text) with check ((SELECT auth.role()) = \'service_role\'::text)')


def downgrade() -> None:
    op.execute("set local lock_timeout = '500ms'")
    op.execute('set local statement_timeout = 0')
    op.execute('alter policy "service role full access" on public.rate_limits using ((auth.role() = \'service_role\'::text)) with check ((auth.role() = \'service_role\'::text))')
