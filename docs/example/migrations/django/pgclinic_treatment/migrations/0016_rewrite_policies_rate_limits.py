# The policies of rate_limits compute for every row what is the same for all; written so, they do it
# once.
# lock: ACCESS EXCLUSIVE; blocks everything on rate_limits, for an instant
from django.db import migrations


class Migration(migrations.Migration):
    atomic = True
    dependencies = [('pgclinic_treatment', '0015_rewrite_policies_analytics')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                'alter policy "service role full access" on public.rate_limits using ((SELECT auth.role()) = \'service_role\'::text) with check ((SELECT auth.role()) = \'service_role\'::text)',
            ],
            reverse_sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                'alter policy "service role full access" on public.rate_limits using ((auth.role() = \'service_role\'::text)) with check ((auth.role() = \'service_role\'::text))',
            ],
        ),
    ]
