# rate_limits has 893 dead rows beside 5,000 living ones: autovacuum comes to it too late.
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on rate_limits, for an instant; reads
# and writes go on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = True
    dependencies = [('pgclinic_treatment', '0018_vacuum_vapi_calls')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                "alter table public.rate_limits set (autovacuum_vacuum_scale_factor = '0.01')",
            ],
            reverse_sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                'alter table public.rate_limits reset (autovacuum_vacuum_scale_factor)',
            ],
        ),
    ]
