"""A receiver of WAL that says what it has replayed only when it is told to, and never reads what it is sent."""

import struct
from typing import TYPE_CHECKING

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn

if TYPE_CHECKING:
    from tests.conftest import Database


class State:
    def __init__(self, database: "Database") -> None:
        self.database = database
        self.receiver: PGconn | None = None

    def healthy(self) -> None:
        conninfo = make_conninfo(self.database.conninfo, replication="true", application_name="standby_1")
        self.receiver = PGconn.connect(conninfo.encode())
        answer = self.receiver.exec_(b"IDENTIFY_SYSTEM")
        timeline, position = answer.get_value(0, 1), answer.get_value(0, 2)
        assert timeline
        assert position
        self.receiver.send_query(b"START_REPLICATION PHYSICAL " + position + b" TIMELINE " + timeline)
        assert self.receiver.get_result()
        self.cure()

    def cure(self) -> None:
        """Say that everything was replayed (the standby status update of the replication protocol)."""
        assert self.receiver
        newest = "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
        [(position,)] = self.database.execute(newest)
        self.receiver.put_copy_data(b"r" + struct.pack(">QQQqB", position, position, position, 0, 0))
        self.receiver.flush()
        replayed = "select pg_wal_lsn_diff(replay_lsn, '0/0')::bigint from pg_stat_replication"
        for _ in range(1000):
            if self.database.execute(replayed) == [(position,)]:
                return
        raise AssertionError("the server did not listen")

    def close(self) -> None:
        if self.receiver:
            self.receiver.finish()
