# vapi_calls has 53,338 dead rows beside 300,040 living ones: autovacuum comes to it too late.
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on vapi_calls, for an instant; reads
# and writes go on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = True
    dependencies = [('pgclinic_treatment', '0016_rewrite_policies_rate_limits')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                "alter table public.vapi_calls set (autovacuum_vacuum_scale_factor = '0.01')",
            ],
            reverse_sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                'alter table public.vapi_calls reset (autovacuum_vacuum_scale_factor)',
            ],
        ),
    ]
