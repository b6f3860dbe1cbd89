# 15 % of the row versions in rate_limits are dead: 893 of them are cleared now.
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on rate_limits; reads and writes go
# on
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [('pgclinic_treatment', '0019_set_storage_parameters_rate_limits')]
    operations = [
        migrations.RunSQL(
            sql=[
                "set lock_timeout = '10min'",
                'set statement_timeout = 0',
                'vacuum (analyze) public.rate_limits',
                'reset lock_timeout',
                'reset statement_timeout',
            ],
            reverse_sql=[
            ],
        ),
    ]
