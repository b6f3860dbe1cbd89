"""rewrite_policies_analytics."""

# The policies of analytics compute for every row what is the same for all; written so, they do it
# once.
# lock: ACCESS EXCLUSIVE; blocks everything on analytics, for an instant

from alembic import op

revision = '20261127192733'
down_revision = '20261127192732'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '500ms'")
    op.execute('set local statement_timeout = 0')
    op.execute('alter policy "service role full access" on public.analytics using ((SELECT auth.role()) = \'service_role\'::text) with check ((SELECT auth.role()) = \'service_role\'::text)')


def downgrade() -> None:
    op.execute("set local lock_timeout = '500ms'")
    op.execute('set local statement_timeout = 0')
    op.execute('alter policy "service role full access" on public.analytics using ((auth.role() = \'service_role\'::text)) with check ((auth.role() = \'service_role\'::text))')
