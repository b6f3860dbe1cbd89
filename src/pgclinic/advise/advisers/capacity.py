"""When another part beside the database pays: a read replica, a cache, TimescaleDB or Citus.

From counters and workload alone: how many sessions are at work and what with, few answers asked for again and again
over tables that seldom change, tables of events that grow fast, and for Citus the column that most statements name, by
foreign keys, joins and predicates. None of it is run in the database: each is a project of the application, for this
month, and comes after the cures that may make it needless.
"""

from collections.abc import Iterator

from pgclinic.advise.capacity.cache import cache
from pgclinic.advise.capacity.replica import replica
from pgclinic.advise.capacity.sharding import sharding
from pgclinic.advise.capacity.time_series import time_series
from pgclinic.advise.case import Case
from pgclinic.model.prescription import Declined, Prescription
from pgclinic.model.progress import Progress


def advise(case: Case) -> Iterator[Progress | Prescription | Declined]:
    """A replica, caches, time series, shards."""
    if not case.snapshot.sees("statements"):
        return
    yield Progress("looking at capacity")
    yield from replica(case)
    yield from cache(case)
    yield from time_series(case)
    yield from sharding(case)
