# 1 statement would use it
# 5.11 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on call_logs;
# reads and writes go on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [('pgclinic_treatment', '0006_create_index_leads_status_created_at_idx')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'create index concurrently call_logs_transcript_idx on public.call_logs using gin (transcript jsonb_path_ops)',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
            reverse_sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'drop index concurrently public.call_logs_transcript_idx',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
        ),
    ]
