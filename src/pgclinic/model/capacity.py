"""How many users an application bears: what ``make demo-full`` measures, side by side."""

import msgspec


class RequestTimes(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of request in one run, from when it was to begin: measured. Empty percentiles have too few samples."""

    name: str
    calls: int
    failed: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None


class Processor(msgspec.Struct, frozen=True, kw_only=True):
    """Processor time that one part took for each request, in milliseconds of one core.

    ``is_server`` for the database and the parts around it, not for the application nor for the load.
    """

    part: str
    ms_per_request: float
    is_server: bool = True


class LoadStep(msgspec.Struct, frozen=True, kw_only=True):
    """One run at one rate. ``p95_ms`` is of all requests, failed ones counting as endless; None when it is endless.

    ``late_ms`` is the most that the load itself was late, which counts as latency too. ``failures`` say which requests
    failed and why, with their number.
    """

    rate: float
    seconds: float
    p95_ms: float | None
    is_held: bool
    late_ms: float
    requests: tuple[RequestTimes, ...]
    processors: tuple[Processor, ...] = ()
    failures: tuple[str, ...] = ()

    @property
    def calls(self) -> int:
        """Requests that were begun."""
        return sum(each.calls for each in self.requests)

    @property
    def failed(self) -> int:
        """Requests that were not answered, or with an error."""
        return sum(each.failed for each in self.requests)

    @property
    def server_ms(self) -> float | None:
        """Processor time of the database and the parts around it for one request; None where it is not known."""
        return sum(each.ms_per_request for each in self.processors if each.is_server) if self.processors else None


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """One way of running the application.

    ``at_rest`` are requests of an otherwise idle service, ``steps`` the runs by which the highest rate was searched,
    ``compared`` the one at the rate that all ways were measured at. ``statements_per_page`` is what the servers counted
    for one view of the page, the parts' own among them.
    """

    name: str
    parts: tuple[str, ...]
    at_rest: tuple[RequestTimes, ...]
    steps: tuple[LoadStep, ...]
    compared: LoadStep
    statements_per_page: float

    @property
    def highest(self) -> LoadStep | None:
        """The run at the highest rate that held; None when none did."""
        return max((step for step in self.steps if step.is_held), key=lambda step: step.rate, default=None)


class CapacityTable(msgspec.Struct, frozen=True, kw_only=True):
    """The ways of running it, the neglected one first. One run on one machine.

    ``limit_ms`` is the P95 that a rate must keep, ``between_seconds`` how long a user looks at an answer on average:
    users are the rate times that. ``goal`` is how many times more users there must be. ``price`` is what an hour of
    one core is assumed to cost. ``answers`` is how many questions the first and the last way were both asked at rest
    on the same rows, ``different`` those of them that were not answered alike.
    """

    scale: str
    seed: int
    calls: int
    cores: int
    seconds: float
    limit_ms: float
    between_seconds: float
    goal: float
    price: float
    page: str
    sides: tuple[Capacity, ...]
    prescriptions: int
    grade_before: str
    grade_after: str
    answers: int
    different: tuple[str, ...]
    notes: tuple[str, ...] = ()
    contract_version: str = "1"

    def users(self, side: Capacity) -> float | None:
        """Concurrent users at the limit."""
        return side.highest.rate * self.between_seconds if side.highest else None

    @property
    def times(self) -> float | None:
        """How many times more users the last way bears than the first."""
        first, last = self.sides[0].highest, self.sides[-1].highest
        return last.rate / first.rate if first and last else None

    def cost(self, step: LoadStep) -> float | None:
        """What the servers' processor time for a million requests would cost: estimated, at the assumed price."""
        return None if step.server_ms is None else step.server_ms / 3600 * 1000 * self.price
