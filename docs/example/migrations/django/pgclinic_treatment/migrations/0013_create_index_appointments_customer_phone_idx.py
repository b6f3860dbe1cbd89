# 1 statement would use it
# 776 kB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on appointments;
# reads and writes go on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [('pgclinic_treatment', '0012_rewrite_policies_leads')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'create index concurrently appointments_customer_phone_idx on public.appointments (customer_phone)',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
            reverse_sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'drop index concurrently public.appointments_customer_phone_idx',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
        ),
    ]
