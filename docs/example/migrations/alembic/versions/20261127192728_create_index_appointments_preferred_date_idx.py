"""create_index_appointments_preferred_date_idx."""

# 3 statements would use it
# 224 kB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on appointments;
# reads and writes go on

from alembic import op

revision = '20261127192728'
down_revision = '20261127192727'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('create index concurrently appointments_preferred_date_idx on public.appointments (preferred_date)')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('drop index concurrently public.appointments_preferred_date_idx')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')
