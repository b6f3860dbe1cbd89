"""rewrite_policies_appointments."""

# The policies of appointments compute for every row what is the same for all; written so, they do it
# once.
# lock: ACCESS EXCLUSIVE; blocks everything on appointments, for an instant

from alembic import op

revision = '20261127192732'
down_revision = '20261127192731'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '500ms'")
    op.execute('set local statement_timeout = 0')
    op.execute('drop policy "service role full access" on public.appointments')
    op.execute('drop policy "staff can read appointments" on public.appointments')
    op.execute('create policy "service role full access (delete)" on public.appointments as permissive for delete to public using ((SELECT auth.role()) = \'service_role\'::text)')
    op.execute('create policy "service role full access (insert)" on public.appointments as permissive for insert to public with check ((SELECT auth.role()) = \'service_role\'::text)')
    op.execute('create policy "service role full access (update)" on public.appointments as permissive for update to public using ((SELECT auth.role()) = \'service_role\'::text)')
    op.execute('create policy "service role full access or staff can read appointment (select)" on public.appointments as permissive for select to public using ((SELECT auth.role()) IN (\'service_role\'::text, \'authenticated\'::text))')


def downgrade() -> None:
    op.execute("set local lock_timeout = '500ms'")
    op.execute('set local statement_timeout = 0')
    op.execute('drop policy "service role full access (delete)" on public.appointments')
    op.execute('drop policy "service role full access (insert)" on public.appointments')
    op.execute('drop policy "service role full access (update)" on public.appointments')
    op.execute('drop policy "service role full access or staff can read appointment (select)" on public.appointments')
    op.execute('create policy "service role full access" on public.appointments as permissive for all to public using ((auth.role() = \'service_role\'::text)) with check ((auth.role() = \'service_role\'::text))')
    op.execute('create policy "staff can read appointments" on public.appointments as permissive for select to public using ((auth.role() = \'authenticated\'::text))')
