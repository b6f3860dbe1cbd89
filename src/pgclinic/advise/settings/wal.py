"""WAL and checkpoints: room for as much WAL as is written between two checkpoints that come in time."""

from collections.abc import Iterator

from pgclinic.advise.case import Case
from pgclinic.advise.settings.change import in_units, setting_changed
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.prescription import Hazard, Prescription, Risk
from pgclinic.model.sessions import seconds_since
from pgclinic.model.settings import known
from pgclinic.model.snapshot import Snapshot

_SPARE = 2.0
"""A checkpoint is begun so that it ends before max_wal_size: about half of it is written between two of them."""
_GB = 1 << 30
_MOST = 64 * _GB
_DAY = 86_400
_MUCH_WAL = 1 << 20
"""Bytes a second, on average over a day at least, from which on it is worth while to make WAL smaller."""
_MANY_IMAGES = 0.5


def wal(case: Case) -> Iterator[Prescription]:
    """max_wal_size where checkpoints were found to be asked for, wal_compression where whole pages fill the WAL."""
    yield from _larger(case)
    yield from _compressed(case.snapshot)


def _larger(case: Case) -> Iterator[Prescription]:
    snapshot = case.snapshot
    setting, timeout = snapshot.setting.get("max_wal_size"), known(snapshot, "checkpoint_timeout")
    now = known(snapshot, "max_wal_size")
    rate = _bytes_a_second(snapshot)
    for finding in case.findings_of("frequent_checkpoints"):
        if setting is None or now is None or timeout is None:
            return
        wanted = 4 * now if rate is None else max(_SPARE * rate * timeout, 2 * now)
        size = min(_MOST, _GB * max(1, round(0.5 + wanted / _GB)))
        if size <= now:
            return
        yield setting_changed(
            snapshot,
            setting,
            in_units(setting, size),
            reason="{requested} checkpoints came because WAL was full: {wal_size} hold what is written between two.",
            facts=(
                Fact("wal_size", size, Unit.BYTES, Provenance.ESTIMATED),
                *(() if rate is None else (Fact("wal_per_second", rate, Unit.BYTES),)),
                *(fact for fact in finding.facts if fact.name in {"requested", "rate"}),
            ),
            cures=(finding.fingerprint,),
            hazards=(Hazard.TAKES_DISK,),
            risk=Risk.MEDIUM,
        )


def _compressed(snapshot: Snapshot) -> Iterator[Prescription]:
    setting, counters, rate = snapshot.setting.get("wal_compression"), snapshot.wal_counters, _bytes_a_second(snapshot)
    if setting is None or setting.value != "off" or counters is None or rate is None or rate < _MUCH_WAL:
        return
    images = counters.full_pages * snapshot.server.block_size / counters.bytes
    if seconds_since(snapshot, counters.stats_reset) < _DAY or images < _MANY_IMAGES:
        return
    yield setting_changed(
        snapshot,
        setting,
        "on",
        reason="Whole pages are {images} of the WAL, {wal_per_second} a second: compressed, they are far less.",
        facts=(
            Fact("images", min(images, 1.0), Unit.RATIO, Provenance.ESTIMATED),
            Fact("wal_per_second", rate, Unit.BYTES),
        ),
        risk=Risk.LOW,
    )


def _bytes_a_second(snapshot: Snapshot) -> float | None:
    counters = snapshot.wal_counters
    seconds = seconds_since(snapshot, counters.stats_reset) if counters else 0.0
    return counters.bytes / seconds if counters and seconds else None
