# 3 statements would use it
# 224 kB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on appointments;
# reads and writes go on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [('pgclinic_treatment', '0009_rewrite_policies_call_logs')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'create index concurrently appointments_preferred_date_idx on public.appointments (preferred_date)',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
            reverse_sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'drop index concurrently public.appointments_preferred_date_idx',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
        ),
    ]
