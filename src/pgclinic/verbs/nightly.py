"""The regular checkup of a watched database: graded, kept, and held against the time before."""

from collections.abc import Generator, Iterator, Sequence

from pgclinic.model.clock import DAY, seconds_between, seconds_later
from pgclinic.model.errors import UserError
from pgclinic.model.evidence import Unit
from pgclinic.model.nightly import AfterTreatment, Night
from pgclinic.model.progress import Progress
from pgclinic.model.treatment import JournalEntry, State
from pgclinic.model.watching import Observation, Sample
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.journal_entries import entries_of
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.snapshot import snapshot
from pgclinic.watch.history import History
from pgclinic.watch.index_use import index_use, unwatched_replicas, with_use
from pgclinic.watch.slowdowns import slowdowns

_WEEK = 7 * DAY
_MONTH = 30 * DAY
_SOONEST = 3600
"""Seconds after a treatment before its statements are judged."""
_HARM = 1.2
"""A statement that a treatment was for, and that takes so many times as long, speaks against it."""


def nightly(name: str, conninfo: str, history: History) -> Generator[Progress, None, Night]:
    """Visit, examine with what history knows of the indexes, compare with the week before, and keep it all.

    Reads only. Raises UserError where the server does not answer, StoreError where the store does not take it.
    """
    seen = yield from snapshot(conninfo)
    clock = seen.header.clock
    use = index_use(history, name, clock)
    result = yield from checkup(with_use(seen, use))
    yesterday = seconds_later(clock, -DAY)
    before = history.statements(name, seconds_later(clock, -DAY - _WEEK), yesterday)
    night = Night(
        at=clock,
        score=result.grade.score,
        letter=result.grade.letter,
        slower=slowdowns(before, history.statements(name, yesterday, clock)),
        harmed=tuple(_harmed(_journal(conninfo), name, clock, history)),
        window_seconds=use.window_seconds,
        watched_seconds=use.watched_seconds,
        servers=use.servers,
        unwatched_replicas=unwatched_replicas(seen, use),
    )
    history.write_checkup(name, result)
    history.write_night(name, night)
    return night


def as_sample(target: str, night: Night) -> Sample:
    """What listeners hear of it: the grade as an observation, at the moment of the visit."""
    points = Observation(name="grade_points", value=night.score, unit=Unit.COUNT)
    return Sample(target=target, at=night.at, seconds=None, observations=(points,))


def _journal(conninfo: str) -> list[JournalEntry]:
    """Empty where the role may not read it: who watches need not be who treats."""
    with open_session(conninfo) as connection:
        try:
            return entries_of(connection)
        except UserError:
            return []


def _harmed(entries: Sequence[JournalEntry], name: str, clock: str, history: History) -> Iterator[AfterTreatment]:
    """Treatments of the last month after which statements that they were for, or must not harm, take longer."""
    for item, entry in enumerate(entries, start=1):
        begin, end = entry.started_at, entry.ended_at
        if entry.state is not State.DONE or begin is None or end is None:
            continue
        if not _SOONEST <= seconds_between(end, clock) <= _MONTH:
            continue
        prescription = entry.prescription
        meant = {each.fingerprint for each in (*prescription.gains, *prescription.losses)}
        meant |= {each.fingerprint for each in prescription.watches}
        before = history.statements(name, seconds_later(begin, -_WEEK), begin)
        since = max(end, seconds_later(clock, -_WEEK))
        slower = slowdowns(before, history.statements(name, since, clock), min_factor=_HARM, min_share=0.0)
        found = tuple(each for each in slower if each.fingerprint in meant)
        if found:
            yield AfterTreatment(item=item, object=prescription.object, ended_at=end, slowdowns=found)
