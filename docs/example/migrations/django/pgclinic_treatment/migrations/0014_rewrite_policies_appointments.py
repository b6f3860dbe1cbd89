# The policies of appointments compute for every row what is the same for all; written so, they do it
# once.
# lock: ACCESS EXCLUSIVE; blocks everything on appointments, for an instant
from django.db import migrations


class Migration(migrations.Migration):
    atomic = True
    dependencies = [('pgclinic_treatment', '0013_create_index_appointments_customer_phone_idx')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                'drop policy "service role full access" on public.appointments',
                'drop policy "staff can read appointments" on public.appointments',
                'create policy "service role full access (delete)" on public.appointments as permissive for delete to public using ((SELECT auth.role()) = \'service_role\'::text)',
                'create policy "service role full access (insert)" on public.appointments as permissive for insert to public with check ((SELECT auth.role()) = \'service_role\'::text)',
                'create policy "service role full access (update)" on public.appointments as permissive for update to public using ((SELECT auth.role()) = \'service_role\'::text)',
                'create policy "service role full access or staff can read appointment (select)" on public.appointments as permissive for select to public using ((SELECT auth.role()) IN (\'service_role\'::text, \'authenticated\'::text))',
            ],
            reverse_sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                'drop policy "service role full access (delete)" on public.appointments',
                'drop policy "service role full access (insert)" on public.appointments',
                'drop policy "service role full access (update)" on public.appointments',
                'drop policy "service role full access or staff can read appointment (select)" on public.appointments',
                'create policy "service role full access" on public.appointments as permissive for all to public using ((auth.role() = \'service_role\'::text)) with check ((auth.role() = \'service_role\'::text))',
                'create policy "staff can read appointments" on public.appointments as permissive for select to public using ((auth.role() = \'authenticated\'::text))',
            ],
        ),
    ]
