# The policies of analytics compute for every row what is the same for all; written so, they do it
# once.
# lock: ACCESS EXCLUSIVE; blocks everything on analytics, for an instant
from django.db import migrations


class Migration(migrations.Migration):
    atomic = True
    dependencies = [('pgclinic_treatment', '0014_rewrite_policies_appointments')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                'alter policy "service role full access" on public.analytics using ((SELECT auth.role()) = \'service_role\'::text) with check ((SELECT auth.role()) = \'service_role\'::text)',
            ],
            reverse_sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                'alter policy "service role full access" on public.analytics using ((auth.role() = \'service_role\'::text)) with check ((auth.role() = \'service_role\'::text))',
            ],
        ),
    ]
