"""Whether a read that failed may go well elsewhere. Policy only."""

import psycopg

from pgclinic_runtime.routing.routes import PRIMARY, Reading

ATTEMPTS = 4


def is_worth_another(error: BaseException, reading: Reading, attempt: int) -> bool:
    """Yes when the connection got lost, or a replica cancelled what was in the way of recovery."""
    if attempt >= ATTEMPTS - 1:
        return False
    conflict = reading.server != PRIMARY and isinstance(error, psycopg.errors.SerializationFailure)
    return conflict or (reading.lease.is_lost and isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)))
