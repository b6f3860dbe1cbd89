"""What a server is asked before it is read from, in the transaction that reads.

The guard is a statement of its own, not a part of the reading one: at READ COMMITTED the reading statement takes its
snapshot afterwards, so that it sees all that was replayed up to the LSN that the guard reported. (In one statement, or
at REPEATABLE READ, the snapshot would be taken before the LSN is looked at.) A transaction stays on one server, also
through a transaction pooler, a load balancer or a failover.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pgclinic_runtime.position import Position, lsn_from_text

_OF_PRIMARY = """select pg_catalog.pg_is_in_recovery(), case when pg_catalog.pg_is_in_recovery()
 then pg_catalog.pg_last_wal_replay_lsn() else pg_catalog.pg_current_wal_insert_lsn() end,
 pg_catalog.pg_postmaster_start_time()"""
_OF_REPLICA = """select pg_catalog.pg_is_in_recovery(), pg_catalog.pg_last_wal_replay_lsn(),
 pg_catalog.pg_postmaster_start_time()"""

_BEGIN = "begin isolation level read committed read only"
READ_ON_REPLICA = f"{_BEGIN}; {_OF_REPLICA}".encode()
READ_ON_PRIMARY = f"{_BEGIN}; {_OF_PRIMARY}".encode()
WRITE = b"begin"
WHERE = _OF_PRIMARY.encode()
COMMIT = f"commit; {_OF_PRIMARY}".encode()
_IDENTITY = """select (pg_catalog.pg_control_system()).system_identifier, case when pg_catalog.pg_is_in_recovery()
 then greatest((pg_catalog.pg_control_checkpoint()).timeline_id,
   (pg_catalog.pg_control_recovery()).min_recovery_end_timeline,
   (select received_tli from pg_catalog.pg_stat_wal_receiver))
 else ('x' || substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int end"""
"""System identifier and timeline. A replica does not tell what timeline it replays: this is the highest that it has
surely reached (``received_tli`` is NULL to roles without pg_read_all_stats), which can only make it look older."""
IDENTITY = _IDENTITY.encode()
LOOK_AT_PRIMARY = f"{_OF_PRIMARY}; {_IDENTITY}".encode()
LOOK_AT_REPLICA = f"{_OF_REPLICA}; {_IDENTITY}".encode()


@dataclass(frozen=True, slots=True)
class Facts:
    """One server at one moment: ``process`` names its postmaster and whether it was in recovery.

    Of a replica that was promoted it is the LSN of the promotion: it has more, but is asked as what it was given as.
    """

    in_recovery: bool
    lsn: int
    process: tuple[bool, bytes]

    @property
    def stamp(self) -> int:
        """The LSN up to which a snapshot taken from now on sees every commit, so that ``>= token`` proves it.

        A primary writes the commit record first and makes it visible later (``CommitTransaction`` in xact.c; with
        synchronous replication much later). Its insert LSN may therefore equal the token of a writer whom the snapshot
        does not see, but not exceed it: the token was taken after it became visible. So one byte less is safe. (Whether
        any transaction is in progress cannot be told from a snapshot: the newest are beyond its xmax.) A replica
        replays first and tells then.
        """
        return self.lsn if self.in_recovery else self.lsn - 1


def facts(rows: Sequence[Sequence[bytes | None]]) -> Facts:
    """From the rows that the guard's statements returned, each value in PostgreSQL's text format."""
    recovery, lsn, started = rows[0]
    in_recovery = recovery == b"t"
    return Facts(in_recovery, lsn_from_text((lsn or b"0/0").decode()), (in_recovery, started or b""))


class Identities:
    """System identifier and timeline of each process that was met, because asking costs two reads of a file.

    A primary keeps its timeline until it ends; a replica's only grows, so that what is remembered is safe.
    """

    def __init__(self, most: int = 64) -> None:
        self.most = most
        self.known: dict[tuple[bool, bytes], tuple[int, int]] = {}

    def learn(self, process: tuple[bool, bytes], row: Sequence[bytes | None]) -> None:
        """Take in the row of ``IDENTITY``."""
        if len(self.known) >= self.most:
            self.known.clear()
        self.known[process] = (int(row[0] or b"0"), int(row[1] or b"0"))

    def position(self, process: tuple[bool, bytes], lsn: int) -> Position | None:
        """Of a known process at this LSN; None when it was not met before."""
        known = self.known.get(process)
        return None if known is None else Position(*known, lsn)
