"""What makes an index worth having."""

from collections.abc import Callable

import msgspec

TIME, COST = "time", "cost"


class Aims(msgspec.Struct, frozen=True, kw_only=True):
    """What the index adviser works for.

    ``objective`` is ``time`` (every statement's share of the measured time, by its planned cost relative to now) or
    ``cost`` (planner cost summed, which a few monsters may decide alone; for comparison with the literature).

    An index has to save ``min_gain`` of the workload, and where no budget limits the size of all, one as large as all
    tables of the workload together ``storage_price`` of it; or make a statement that is slow in itself
    ``times_faster``, and cost the writes no more than it saves and ``min_gain``.

    A statement that takes ``slow_ms`` on average, and is no rarity, is slow in itself: a page asks ten of them, and
    people notice a tenth of a second. One that takes no longer than ``fast_enough_ms`` is never a reason for an index.
    ``write_ms`` and ``write_cost`` are what one more entry in an index costs a write, in time and in planner units
    (estimated: a descent in memory, and its WAL). ``max_per_table`` limits the indexes of a table, those that exist
    included. At most ``most_statements`` are planned, the heaviest, and of those only what makes up
    ``enough_of_workload``. ``is_late`` ends the search by the clock, so that its answer depends on the machine;
    ``most_plans`` does without.
    """

    objective: str = TIME
    min_gain: float = 0.001
    storage_price: float = 0.2
    times_faster: float = 10.0
    slow_ms: float = 10.0
    fast_enough_ms: float = 0.5
    write_ms: float = 0.01
    write_cost: float = 0.5
    max_per_table: int | None = None
    most_statements: int = 2_000
    enough_of_workload: float = 0.9995
    most_plans: int = 60_000
    is_late: Callable[[], bool] = lambda: False
