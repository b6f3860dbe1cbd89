# the sums of whole days kept in vapi_calls_by_day want what lies before and after them
# 19.6 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls;
# reads and writes go on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [('pgclinic_treatment', '0032_create_rollup_vapi_calls_by_status_3')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                "create index concurrently vapi_calls_by_day_rest_idx on public.vapi_calls (((started_at at time zone 'UTC')::date)) include (started_at, duration, phone_number, priority, status)",
                'reset lock_timeout',
                'reset statement_timeout',
            ],
            reverse_sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'drop index concurrently public.vapi_calls_by_day_rest_idx',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
        ),
    ]
