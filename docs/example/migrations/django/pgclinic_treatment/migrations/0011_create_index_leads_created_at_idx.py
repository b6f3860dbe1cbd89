# 1 statement would use it
# 4.41 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on leads; reads
# and writes go on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [('pgclinic_treatment', '0010_create_index_appointments_preferred_date_idx')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'create index concurrently leads_created_at_idx on public.leads (created_at) include (service_type, status)',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
            reverse_sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'drop index concurrently public.leads_created_at_idx',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
        ),
    ]
