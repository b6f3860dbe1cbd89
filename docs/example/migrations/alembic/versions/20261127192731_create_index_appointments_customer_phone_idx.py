"""create_index_appointments_customer_phone_idx."""

# 1 statement would use it
# 776 kB (estimated)
# lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on appointments;
# reads and writes go on

from alembic import op

revision = '20261127192731'
down_revision = '20261127192730'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('create index concurrently appointments_customer_phone_idx on public.appointments (customer_phone)')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = '10min'")
        op.execute('set statement_timeout = 0')
        op.execute('drop index concurrently public.appointments_customer_phone_idx')
        op.execute('reset lock_timeout')
        op.execute('reset statement_timeout')
