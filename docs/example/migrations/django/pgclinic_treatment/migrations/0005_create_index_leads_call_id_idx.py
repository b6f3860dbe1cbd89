# 2 statements would use it
# 7.99 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on leads; reads
# and writes go on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [('pgclinic_treatment', '0004_create_index_vapi_calls_created_at_phone_number_status_durat')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'create index concurrently leads_call_id_idx on public.leads (call_id) include (id, name, estimated_value, status)',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
            reverse_sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'drop index concurrently public.leads_call_id_idx',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
        ),
    ]
