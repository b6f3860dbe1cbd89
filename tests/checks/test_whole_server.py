"""What cannot be had from a server of the tests: rings and prepared heads of queues, other services, old numbers."""

import msgspec
import pytest

from pgclinic import checks
from pgclinic.model.activity import PreparedTransaction, Session
from pgclinic.model.catalog import Relation, Setting
from pgclinic.model.counters import TableCounters
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.replication import Replica, ReplicationSlot, Standby
from pgclinic.model.settings import number
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.model.vacuuming import vacuum_threshold
from pgclinic.probes import probes

CLOCK = "2026-11-22T12:00:00+00:00"
EARLIER = "2026-11-22T10:00:00+00:00"
BARE = Snapshot(
    header=Header(format_version=1, collector="test", clock=CLOCK, probes=tuple(probe.name for probe in probes())),
    server=Server(version_num=180000, version="18.0", database="app"),
)


def session(pid: int, **fields: object) -> Session:
    given = {"kind": "client backend", "database": "app", "role": "web", "statement_at": EARLIER, **fields}
    return Session(pid=pid, **given)  # type: ignore[arg-type]


def found(name: str, **fields: object) -> list[Finding]:
    return list(checks.load(name).examine(msgspec.structs.replace(BARE, **fields)))


def test_a_ring_of_waiters_has_one_head_and_a_prepared_transaction_may_be_one() -> None:
    ring = (session(2, blocked_by=(3,)), session(3, blocked_by=(2,)))
    assert [str(finding.object) for finding in found("blocked_sessions", sessions=ring)] == ["role web"]
    behind = (session(4, blocked_by=(0,)), session(5, blocked_by=(4,)))
    (finding,) = found("blocked_sessions", sessions=behind)
    assert str(finding.object) == "transaction prepared or ended"
    assert {fact.name: fact.value for fact in finding.facts}["waiting"] == 2


def test_pgclinic_and_other_databases_are_left_out() -> None:
    open_since = {"state": "idle in transaction", "state_at": EARLIER, "xmin_age": 5_000_000}
    others = (
        session(1, application="pgclinic", transaction_at=EARLIER, **open_since),
        session(2, database="other", transaction_at=EARLIER, **open_since),
    )
    assert found("idle_in_transaction", sessions=others) == []
    assert found("vacuum_held_back", sessions=others) == []


@pytest.mark.parametrize(
    ("names", "connected", "missing"),
    [
        ("a, b", ["sync"], False),
        ("*", [], True),
        ("FIRST 2 (a, b, c)", ["sync"], True),
        ("any 2 (a,b,c)", ["quorum", "quorum"], False),
        ("2 (a, b)", ["sync", "potential"], True),
        (" ", [], False),
    ],
)
def test_how_many_standbys_are_asked_for(names: str, connected: list[str], missing: bool) -> None:  # noqa: FBT001
    settings = (
        Setting(name="synchronous_standby_names", value=names),
        Setting(name="synchronous_commit", value="remote_apply"),
    )
    replicas = tuple(Replica(pid=number, sync_state=state) for number, state in enumerate(connected))
    findings = found("synchronous_standby_missing", settings=settings, replicas=replicas)
    assert [finding.severity for finding in findings] == [Severity.CRITICAL] * missing


def test_who_holds_vacuum_back_is_named_whatever_it_is() -> None:
    slot = ReplicationSlot(name="old", kind="physical", xmin_age=50_000_000)
    standby = Replica(pid=7, application="standby", xmin_age=20_000_000)
    prepared = PreparedTransaction(name="x", role="web", database="app", prepared_at=EARLIER, xid_age=60_000_000)
    held = {"replication_slots": (slot,), "replicas": (standby,), "prepared_transactions": (prepared,)}
    (finding,) = found("vacuum_held_back", **held)
    assert str(finding.object) == "prepared transaction x"
    (finding,) = found("vacuum_held_back", **{**held, "prepared_transactions": ()})
    assert str(finding.object) == "replication slot old"
    (finding,) = found("vacuum_held_back", replicas=(standby,))
    assert str(finding.object) == "replica standby"
    young = msgspec.structs.replace(standby, xmin_age=9_000_000)
    assert found("vacuum_held_back", replicas=(young,)) == []


def test_a_standby_that_is_late_on_purpose_is_left_alone() -> None:
    late = Standby(replay_behind=1 << 40)
    assert len(found("standby_behind", standby=late)) == 1
    delay = Setting(name="recovery_min_apply_delay", value="3600000", unit="ms")
    assert found("standby_behind", standby=late, settings=(delay,)) == []


def test_on_a_managed_service_the_place_is_named_and_no_statement_is_given() -> None:
    off = Setting(name="fsync", value="off")
    managed = msgspec.structs.replace(BARE.server, service="rds")
    (finding,) = found("durability_off", settings=(off,), server=managed)
    assert finding.remedy is None
    assert {fact.name: fact.value for fact in finding.facts}["place"] == "in the DB parameter group"
    (finding,) = found("durability_off", settings=(off,))
    assert finding.remedy is not None


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [("16384", "8kB", 128 << 20), ("100", "", 100), ("5", "min", 300), ("250", "ms", 0.25), ("2", "32kB", 64 << 10)],
)
def test_settings_are_numbers_in_bytes_and_seconds(value: str, unit: str, expected: float) -> None:
    assert number(Setting(name="x", value=value, unit=unit)) == expected


def test_the_highest_threshold_of_autovacuum_holds_from_18_on() -> None:
    huge = Relation(oid=1, schema="public", name="t", kind="r", owner="me", tuples=10_000_000_000)
    assert vacuum_threshold(BARE, huge) == 50 + 0.2 * huge.tuples
    highest = (Setting(name="autovacuum_vacuum_max_threshold", value="100000000"),)
    assert vacuum_threshold(msgspec.structs.replace(BARE, settings=highest), huge) == 100_000_000
    own = msgspec.structs.replace(huge, options=("autovacuum_vacuum_max_threshold=5000",))
    assert vacuum_threshold(msgspec.structs.replace(BARE, settings=highest), own) == 5000


def test_services_with_storage_of_their_own_have_no_fsync_to_miss() -> None:
    off = (Setting(name="fsync", value="off"), Setting(name="data_checksums", value="off"))
    neon = msgspec.structs.replace(BARE.server, service="neon")
    assert [finding.severity for finding in found("durability_off", settings=off)] == [Severity.CRITICAL]
    assert found("durability_off", settings=off, server=neon) == []
    assert found("checksums_off", settings=off, server=neon) == []


def test_a_vacuum_that_takes_hours_holds_nobody_back() -> None:
    one = session(1, state="active", transaction_at=EARLIER, xmin_age=5_000_000)
    assert len(found("vacuum_held_back", sessions=(one,))) == len(found("long_transaction", sessions=(one,))) == 1
    vacuum = msgspec.structs.replace(one, is_vacuuming=True)
    assert found("vacuum_held_back", sessions=(vacuum,)) == found("long_transaction", sessions=(vacuum,)) == []


def test_on_a_standby_nobody_waits_for_synchronous_ones_and_copied_slots_are_idle() -> None:
    names = Setting(name="synchronous_standby_names", value="a")
    standby = msgspec.structs.replace(BARE.server, in_recovery=True)
    assert len(found("synchronous_standby_missing", settings=(names,))) == 1
    assert found("synchronous_standby_missing", settings=(names,), server=standby) == []
    slot = ReplicationSlot(name="s", kind="logical", kept_bytes=1 << 40)
    assert len(found("inactive_slot", replication_slots=(slot,))) == 1
    assert found("inactive_slot", replication_slots=(msgspec.structs.replace(slot, is_synced=True),)) == []


def test_a_few_dead_rows_are_left_to_autovacuum_until_it_is_due() -> None:
    table = Relation(oid=1, schema="public", name="t", kind="r", owner="me", tuples=20_000)
    on = (Setting(name="autovacuum", value="on"),)

    def of(dead: int, table: Relation = table, settings: tuple[Setting, ...] = on) -> list[Severity]:
        counters = (TableCounters(relation=1, n_live_tup=20_000, n_dead_tup=dead),)
        made = found("dead_rows", relations=(table,), table_counters=counters, settings=settings)
        return [finding.severity for finding in made]

    assert of(4_000) == []
    assert of(4_100) == [Severity.NOTICE]
    assert of(4_000, settings=(Setting(name="autovacuum", value="off"),)) == [Severity.NOTICE]
    assert of(4_000, msgspec.structs.replace(table, options=("autovacuum_enabled=false",))) == [Severity.NOTICE]
    assert of(8_000, msgspec.structs.replace(table, options=("autovacuum_vacuum_scale_factor=0.9",))) == [
        Severity.WARNING
    ]
