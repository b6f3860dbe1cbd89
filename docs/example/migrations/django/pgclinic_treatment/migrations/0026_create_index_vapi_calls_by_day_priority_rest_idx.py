# the sums of whole days kept in vapi_calls_by_day_priority want what lies before and after them
# 13.7 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls;
# reads and writes go on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [('pgclinic_treatment', '0025_search_function_c10fc81577c7909d')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'create index concurrently vapi_calls_by_day_priority_rest_idx on public.vapi_calls (started_at) include (duration, priority, status)',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
            reverse_sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'drop index concurrently public.vapi_calls_by_day_priority_rest_idx',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
        ),
    ]
