"""What was measured, before and after."""

from enum import StrEnum

import msgspec


class Latencies(msgspec.Struct, frozen=True, kw_only=True):
    """Measured wall times of one statement or task in milliseconds, seen from the client.

    ``fingerprint`` is a statement's by libpg_query, empty for a task.
    A percentile is None where the samples are too few to hold it (P95 needs 20, P99 needs 100).
    ``calls`` counts executions, ``errors`` those that failed; ``result_hash`` is of the rows, order ignored, of
    the parameter sets that were hashed, empty where a result cannot be compared. ``blocks_*`` are shared buffers that
    one execution touched. ``histogram`` holds every time (HdrHistogram's base64 form, steps of 0.1 µs, 0.1 % exact).
    """

    name: str
    calls: int
    fingerprint: str = ""
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None
    mean_ms: float | None = None
    histogram: str = ""
    errors: int = 0
    rows: int = 0
    blocks_hit: int | None = None
    blocks_read: int | None = None
    result_hash: str = ""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One measured run of a workload. ``statements`` and ``tasks`` are in order of their names.

    ``rate`` is tasks a second that were asked for at fixed moments (open loop): a time then begins when the task was
    due, so that waiting for a busy server counts. None: each connection asked as soon as it had its answer.
    ``not_begun`` are tasks that were due and still waited when the run ended; their waiting until then is counted.
    """

    source: str
    started_at: str
    seconds: float
    connections: int
    seed: int
    statements: tuple[Latencies, ...]
    tasks: tuple[Latencies, ...]
    overall: Latencies
    rate: float | None = None
    not_begun: int = 0
    contract_version: str = "1"


class Verdict(StrEnum):
    """What two runs show of one statement, by a test that allows for chance and for how many are tested at once."""

    FASTER = "faster"
    SLOWER = "slower"
    NO_DIFFERENCE = "no difference shown"
    TOO_FEW = "too few samples"


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """One percentile before and after: ``times_faster`` is before divided by after.

    ``low`` and ``high`` bound it with 95 % confidence (bootstrap); ``p_value`` is the chance of seeing such a
    difference where there is none, corrected for the number of tests (Holm). A higher percentile with fewer than ten
    samples beyond it gets no verdict.
    """

    percentile: int
    times_faster: float
    low: float
    high: float
    p_value: float
    verdict: Verdict


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The same statement or task in two runs. ``times_faster`` is P50 before divided by P50 after.

    ``effects`` are of the percentiles that both runs have samples for; ``verdict`` is the median's.
    """

    name: str
    before: Latencies
    after: Latencies
    times_faster: float | None
    equal_results: bool | None = None
    effects: tuple[Effect, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What became of the median."""
        return next((effect.verdict for effect in self.effects if effect.percentile == 50), Verdict.TOO_FEW)  # noqa: PLR2004

    @property
    def worse_tails(self) -> tuple[int, ...]:
        """Higher percentiles that became slower although the median may not have."""
        return tuple(effect.percentile for effect in self.effects[1:] if effect.verdict is Verdict.SLOWER)


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Two runs side by side.

    ``practical`` is the factor below which a difference does not matter; ``false_alarms`` the chance that any verdict
    of this proof sees a difference where there is none.
    """

    before: Run
    after: Run
    statements: tuple[Comparison, ...]
    tasks: tuple[Comparison, ...]
    overall: Comparison
    practical: float = 1.05
    false_alarms: float = 0.01
