# the sums of whole days kept in analytics_by_day_event_type want what lies before and after them
# 11.6 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on analytics;
# reads and writes go on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [('pgclinic_treatment', '0037_create_daily_sums_vapi_calls_by_day_3')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'create index concurrently analytics_by_day_event_type_rest_idx on public.analytics (created_at) include (event_type)',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
            reverse_sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'drop index concurrently public.analytics_by_day_event_type_rest_idx',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
        ),
    ]
