# 15 % of the row versions in vapi_calls are dead: 53,338 of them are cleared now.
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on vapi_calls; reads and writes go on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [('pgclinic_treatment', '0017_set_storage_parameters_vapi_calls')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'vacuum (analyze) public.vapi_calls',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
            reverse_sql=[
            ],
        ),
    ]
