# The policies of leads compute for every row what is the same for all; written so, they do it once.
# lock: ACCESS EXCLUSIVE; blocks everything on leads, for an instant
from django.db import migrations


class Migration(migrations.Migration):
    atomic = True
    dependencies = [('pgclinic_treatment', '0011_create_index_leads_created_at_idx')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                'drop policy "service role full access" on public.leads',
                'drop policy "staff can read leads" on public.leads',
                'drop policy "staff can work on leads" on public.leads',
                'create policy "service role full access or staff can read leads or staff can w" on public.leads as permissive for all to public using ((SELECT auth.role()) IN (\'service_role\'::text, \'authenticated\'::text))',
            ],
            reverse_sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                'drop policy "service role full access or staff can read leads or staff can w" on public.leads',
                'create policy "service role full access" on public.leads as permissive for all to public using ((auth.role() = \'service_role\'::text)) with check ((auth.role() = \'service_role\'::text))',
                'create policy "staff can read leads" on public.leads as permissive for select to public using ((auth.role() = \'authenticated\'::text))',
                'create policy "staff can work on leads" on public.leads as permissive for all to public using ((auth.role() = \'authenticated\'::text))',
            ],
        ),
    ]
