# 2 statements would use it
# 13.7 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on leads; reads
# and writes go on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [('pgclinic_treatment', '0005_create_index_leads_call_id_idx')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'create index concurrently leads_status_created_at_idx on public.leads (status, created_at) include (id, phone, email, name, service_type, urgency_level, city, estimated_value)',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
            reverse_sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'drop index concurrently public.leads_status_created_at_idx',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
        ),
    ]
