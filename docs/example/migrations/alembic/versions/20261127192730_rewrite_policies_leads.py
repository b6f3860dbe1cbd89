"""rewrite_policies_leads."""

# The policies of leads compute for every row what is the same for all; written so, they do it once.
# lock: ACCESS EXCLUSIVE; blocks everything on leads, for an instant

from alembic import op

revision = '20261127192730'
down_revision = '20261127192729'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '500ms'")
    op.execute('set local statement_timeout = 0')
    op.execute('drop policy "service role full access" on public.leads')
    op.execute('drop policy "staff can read leads" on public.leads')
    op.execute('drop policy "staff can work on leads" on public.leads')
    op.execute('create policy "service role full access or staff can read leads or staff can w" on public.leads as permissive for all to public using ((SELECT auth.role()) IN (\'service_role\'::text, \'authenticated\'::text))')


def downgrade() -> None:
    op.execute("set local lock_timeout = '500ms'")
    op.execute('set local statement_timeout = 0')
    op.execute('drop policy "service role full access or staff can read leads or staff can w" on public.leads')
    op.execute('create policy "service role full access" on public.leads as permissive for all to public using ((auth.role() = \'service_role\'::text)) with check ((auth.role() = \'service_role\'::text))')
    op.execute('create policy "staff can read leads" on public.leads as permissive for select to public using ((auth.role() = \'authenticated\'::text))')
    op.execute('create policy "staff can work on leads" on public.leads as permissive for all to public using ((auth.role() = \'authenticated\'::text))')
