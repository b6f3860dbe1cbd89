# the sums of whole days kept in vapi_calls_by_day want what lies before and after them
# 19.6 MB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls;
# reads and writes go on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = True
    dependencies = [('pgclinic_treatment', '0033_create_index_vapi_calls_by_day_rest_idx_1')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set local lock_timeout = '500ms'",
                'set local statement_timeout = 0',
                'analyze public.vapi_calls',
            ],
            reverse_sql=[
            ],
        ),
    ]
