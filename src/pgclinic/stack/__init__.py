"""The running parts around a database, real ones: PostgreSQL primary and streaming replica, PgBouncer, Redis.

    primary = start_primary(binaries_for(18))            # an Instance; its commits are durable
    replica = start_replica(primary)                     # a Replica: streams through a slot of its own
    pooler = start_pooler(primary)                       # a Pooler: PgBouncer in transaction mode
    store = start_redis()                                # a Redis: memory bounded, nothing on disk

Each has ``conninfo(database)`` or ``url``, ``is_healthy()``, ``kill()`` (SIGKILL, as a crash), ``start_again()`` (in
the same folder, at the same address), ``stop()`` (and no file is left), and is a context manager that stops. A Replica
also has ``pause()``, ``resume()``, ``delay(seconds)``, ``lag_bytes()`` and ``wait_for(lsn)``; a Pooler
``refresh_users()`` for roles that came later and ``can_prepare``. All listen on sockets in a folder of their own, mode
0700, and nothing on the network; all end with the process that started them, however that ends.
"""

from pgclinic.stack.pooler import Pooler, start_pooler
from pgclinic.stack.redis import Redis, start_redis
from pgclinic.stack.replication import Replica, start_primary, start_replica

__all__ = ["Pooler", "Redis", "Replica", "start_pooler", "start_primary", "start_redis", "start_replica"]
