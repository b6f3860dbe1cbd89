# 2 statements would use it
# 16.2 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls;
# reads and writes go on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [('pgclinic_treatment', '0003_create_index_call_logs_call_id_idx')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'create index concurrently vapi_calls_created_at_phone_number_status_duration_idx on public.vapi_calls (created_at, phone_number, status, duration)',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
            reverse_sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'drop index concurrently public.vapi_calls_created_at_phone_number_status_duration_idx',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
        ),
    ]
