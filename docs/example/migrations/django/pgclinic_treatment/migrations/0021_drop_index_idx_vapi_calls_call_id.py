# The index idx_vapi_calls_call_id of vapi_calls repeats vapi_calls_call_id_key and takes 12.1 MB.
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on vapi_calls; reads
# and writes go on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [('pgclinic_treatment', '0020_vacuum_rate_limits')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'drop index concurrently public.idx_vapi_calls_call_id',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
            reverse_sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'CREATE INDEX CONCURRENTLY idx_vapi_calls_call_id ON public.vapi_calls USING btree (call_id)',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
        ),
    ]
