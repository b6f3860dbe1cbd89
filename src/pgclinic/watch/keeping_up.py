"""Figures of how replicas, slots, a standby, the archive and base backups keep up with the server. Pure."""

from collections import Counter
from collections.abc import Iterator

from pgclinic.model.clock import seconds_between
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot


def keeping_up(look: Snapshot) -> Iterator[tuple[str, float | None, ObjectName | None]]:
    """Names, values and what they are of, as ``observing.MEANINGS`` lists them."""
    names = Counter[str]()
    for replica in look.replicas:
        name = replica.application or "unnamed"
        names[name] += 1
        of = ObjectName("replica", name if names[name] == 1 else f"{name} #{names[name]}")
        yield "replication_lag_bytes", replica.replay_behind, of
        yield "replication_lag_s", replica.replay_lag_s, of
    for slot in look.replication_slots:
        of = ObjectName("replication slot", slot.name)
        yield "slot_bytes", slot.kept_bytes, of
        # A standby's slots wait for its promotion, and a logical one may be read now and then.
        if slot.kind == "physical" and not slot.is_temporary and not look.server.in_recovery:
            yield "slot_unused_bytes", 0 if slot.is_active else slot.kept_bytes, of
    if look.standby is not None:
        yield "standby_lag_bytes", look.standby.replay_behind, None
        yield "standby_lag_s", _standby_lag(look), None
    archiver = look.archiver
    if archiver is not None:
        yield "archive_age_s", _archive_age(look), None
        yield "archive_behind_bytes", archiver.behind_bytes, None
    if look.sees("replicas"):
        begun = (each.connected_at for each in look.replicas if each.state == "backup")
        yield "base_backup_s", max((seconds_between(at, look.header.clock) for at in begun if at), default=0.0), None


def _standby_lag(look: Snapshot) -> float | None:
    """Nothing where all that was received is replayed: a primary at rest sends no transaction to measure by."""
    standby = look.standby
    if standby is None or standby.replayed_at is None:
        return None
    if standby.replay_behind == 0:
        return 0.0
    return max(0.0, seconds_between(standby.replayed_at, look.header.clock))


def _archive_age(look: Snapshot) -> float:
    """Since the last success, or the first failure seen where there never was one."""
    archiver = look.archiver
    if archiver is None or archiver.last_failed_at is None:
        return 0.0
    archived = archiver.last_archived_at
    if archived is not None and seconds_between(archived, archiver.last_failed_at) < 0:
        return 0.0
    return max(0.0, seconds_between(archived or archiver.last_failed_at, look.header.clock))
