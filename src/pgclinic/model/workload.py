"""What the application asks of the database."""

import msgspec


class ParameterSet(msgspec.Struct, frozen=True):
    """One set of values for a statement's ``$1 … $n``, as text (None is SQL null), and where they came from.

    ``source``: ``seen`` (a log, a sample, a workload file), ``statistics`` (drawn from pg_stats) or ``generated``.
    ``lists`` are the numbers that stand for a whole list, ``in ($n /*, ... */)``: their value is an array as text.
    ``bare`` are those that were written as numbers or true and false, without quotes. ``open`` are those whose value
    is not known: they stay parameters, and the planner guesses. ``written`` are those that the application wrote into
    the statement itself.
    """

    values: tuple[str | None, ...]
    source: str = "seen"
    lists: frozenset[int] = frozenset()
    bare: frozenset[int] = frozenset()
    open: frozenset[int] = frozenset()
    written: frozenset[int] = frozenset()


class WorkloadStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement with its weight.

    ``fingerprint`` is libpg_query's, sixteen hex digits: equal for statements that differ only in constants.
    ``name`` is given by a workload file, else the fingerprint. ``sql`` has ``$n`` where constants were.
    ``calls`` and ``total_ms`` are measured, or a weight with ``total_ms`` None; ``importance`` is then the share that
    it is given, where that is not its calls. ``role`` ran it (empty: the owner).
    """

    fingerprint: str
    name: str
    sql: str
    calls: float = 1.0
    total_ms: float | None = None
    importance: float | None = None
    rows: float | None = None
    role: str = ""
    parameters: tuple[ParameterSet, ...] = ()


SLOW_MS = 50
"""A statement that takes as long on average is slow in itself."""
SLOW_CALLS = 5
"""What is called more seldom is no habit; nobody waits for it often."""
SLOW_TOTAL_MS = 1_000
"""Of all statements together: what was counted for less tells of none that it is slow."""


class Omission(msgspec.Struct, frozen=True):
    """A statement that is not part of the analysis, and why."""

    sql: str
    reason: str
    total_ms: float = 0.0


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """Statements to plan for, and what was left out. ``source`` says where they came from, for people."""

    statements: tuple[WorkloadStatement, ...]
    source: str
    omissions: tuple[Omission, ...] = ()


class SeenStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of a statement that a log or a sample tells of; confidential, for memory only.

    ``sql`` is as it was sent: with constants in it, or with ``$n`` and ``values`` for them as text (None is SQL
    null); ``values`` is None when they are not known. ``duration_ms`` is measured, None when nothing says.
    ``database``, ``role`` and ``application`` are empty when nothing says.
    """

    sql: str
    values: tuple[str | None, ...] | None = None
    duration_ms: float | None = None
    database: str = ""
    role: str = ""
    application: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of a task as it is run for measurement.

    ``parameters_sql`` gives rows of parameters, one column a ``$n``, drawn before the clock starts; ``setup`` are
    statements run in the transaction before it (``set local role …``), not timed. ``repeat`` runs it that many
    times in a row, each with its own parameters. ``variants``, where there are any, are sent in its place, one a turn:
    the statement with values written into it.
    """

    name: str
    sql: str
    fingerprint: str
    parameters_sql: str = ""
    variants: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    repeat: int = 1
    writes: bool = False


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What one user action asks: its steps in order. ``weight`` is how often it is drawn against other tasks."""

    name: str
    steps: tuple[Step, ...]
    weight: float = 1.0


class WorkloadScript(msgspec.Struct, frozen=True, kw_only=True):
    """A workload that can be run: tasks from a folder or file of SQL, in order of their names."""

    source: str
    tasks: tuple[Task, ...]


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How a workload is put on a database.

    Bounded by ``seconds``, by ``repeat`` runs of each task of weight 1, or by whichever is over first. With ``rate``
    tasks a second are begun at fixed moments (open loop); without, each connection asks when it has its answer.
    ``seed`` orders tasks and parameters. Tasks that write are left out unless ``include_writes``, and rolled back; with
    ``leave_out_failing`` a task whose statement fails when it is tried is left out too. A statement that runs into the
    timeout counts as an error, with the time that it took.
    """

    seconds: float | None = None
    repeat: int | None = None
    connections: int = 8
    seed: int = 1
    rate: float | None = None
    include_writes: bool = False
    leave_out_failing: bool = False
    statement_timeout_ms: int = 30_000
