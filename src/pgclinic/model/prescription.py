"""What to do about it, with its way back."""

import hashlib
from enum import IntEnum, StrEnum

import msgspec

from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.evidence import Fact
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.workload import ParameterSet


class Hazard(StrEnum):
    """What can go wrong, by name; help and reports explain each."""

    TAKES_DISK = "takes_disk"
    SLOWS_WRITES = "slows_writes"
    WAITS_FOR_OLD_TRANSACTIONS = "waits_for_old_transactions"
    NEEDS_EXCLUSIVE_LOCK = "needs_exclusive_lock"
    READS_WHOLE_TABLE = "reads_whole_table"
    CHANGES_ROWS_SEEN = "changes_rows_seen"
    CHANGES_APPLICATION = "changes_application"
    NEEDS_RESTART = "needs_restart"


class When(StrEnum):
    """How soon: the order of a plan is quick wins first."""

    NOW = "now"
    """SQL alone, with nothing heavier than a lock of an instant."""
    THIS_WEEK = "this week"
    """It changes the application, or what its users may see, and wants a review."""
    THIS_MONTH = "this month"
    """A project: data is moved, or another part is put beside the database."""

    def is_later_than(self, other: "When") -> bool:
        """Whether it comes in a later part of a plan."""
        order = tuple(When)
        return order.index(self) > order.index(other)


class Risk(IntEnum):
    """What can go wrong, in one word; the order is meant to be compared."""

    LOW = 0
    """It can be taken back in an instant and changes no result."""
    MEDIUM = 1
    """It changes code, settings or objects that others rely on."""
    HIGH = 2
    """It moves data, needs a restart or changes who sees what."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One SQL statement of a treatment.

    ``in_transaction`` is False for what PostgreSQL refuses inside one (CONCURRENTLY, VACUUM), and for what takes so
    long that no lock of another statement may be kept meanwhile (VALIDATE CONSTRAINT). ``lock`` is the strongest table
    lock in PostgreSQL's words and ``blocks`` what that keeps others from doing, an English phrase in which ``{table}``
    stands for ``table``, the name of what is locked.
    ``index`` is the index that it makes, as ``makes`` defines it, or drops when ``makes`` is None: so whoever runs
    it can tell from the catalogs whether it was run before, to the end or halfway.
    ``rebuilds`` is the index that it builds anew beside itself, of which an interruption leaves a piece behind.
    ``repeats``: it handles a batch of rows, and is run in transactions of its own until it reports none.
    ``needs``, of a statement of an undo: how many statements of the ``do`` must have been begun for it to have
    anything to take back.
    ``is_interim``: a later statement makes something else of the index that this one makes (a constraint, say), so that
    the catalogs no longer tell; once it is counted, it is done.
    """

    sql: str
    in_transaction: bool = True
    lock: str = ""
    blocks: str = ""
    table: str = ""
    index: RelationName | None = None
    makes: IndexDefinition | None = None
    rebuilds: RelationName | None = None
    repeats: bool = False
    needs: int = 0
    is_interim: bool = False


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """What to run against an illness, and the way back from it; both in order.

    ``kind`` is the stem of the file in ``remedies/`` that wrote it. ``verify`` is a query whose single value is true
    once it is done and not before, or empty where the catalogs cannot tell.
    ``undo`` is empty where what was before is gone for good or nothing that anyone wants back (an invalid index).
    ``risk`` says what can go wrong in one word, ``hazards`` say what.
    """

    kind: str
    do: tuple[Statement, ...]
    undo: tuple[Statement, ...] = ()
    verify: str = ""
    hazards: tuple[Hazard, ...] = ()
    risk: Risk = Risk.LOW


class StatementGain(msgspec.Struct, frozen=True, kw_only=True):
    """What a prescription does for (or against) one statement: planner cost before and after, as planned.

    The costs are means over the parameter sets; ``low_*`` and ``high_*`` their range where there were several.
    ``parameters`` are the sources of the values (``seen``, ``statistics``), or ``generic``; ``role`` is who runs the
    statement. ``values`` are for asking a real planner and in memory only: what is written holds none.
    """

    fingerprint: str
    name: str
    sql: str
    cost_before: float
    cost_after: float
    weight: float = 0.0
    low_before: float | None = None
    high_before: float | None = None
    low_after: float | None = None
    high_after: float | None = None
    parameters: tuple[str, ...] = ()
    values: tuple[ParameterSet, ...] = ()
    role: str = ""


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that a prescription is not for and must not make dearer; ``weight``: its time, or calls."""

    fingerprint: str
    name: str
    sql: str
    weight: float = 0.0
    role: str = ""


class Gather(msgspec.Struct, frozen=True):
    """How one ``$n`` of a replacement is made from parameter number ``parameter`` of the original.

    The values of all gathered calls become one array (``as_array``), or the first call's value stands for all.
    """

    parameter: int
    as_array: bool = False


class Replacement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement that the application runs instead; ``parameters[n-1]`` says what its ``$n`` is made of."""

    sql: str
    parameters: tuple[Gather, ...] = ()


BY_HASH = "hash"
"""How equal results are known where a proof compares them."""


class StatementMapping(msgspec.Struct, frozen=True, kw_only=True):
    """This statement becomes these: a cure that changes the application.

    ``original`` is the fingerprint of the statement replaced. One run of the replacements stands for up to
    ``calls`` consecutive calls of the original (1: a plain rewrite; 1,000: a batch). ``equal_results`` says how it
    is known that the rows are the same (``hash`` when a proof compares them, else the reason why it need not).
    ``sql`` is the original with the ``$n`` that the replacements are made of: pg_stat_statements has them where the
    application may send constants, whose values are then taken from what it sends. ``runs_original``: the replacement
    is a function that itself runs the original, or as much of it as applies: what helps the original still does.
    """

    original: str
    replacements: tuple[Replacement, ...]
    sql: str = ""
    calls: int = 1
    equal_results: str = BY_HASH
    runs_original: bool = False


class CodeExample(msgspec.Struct, frozen=True):
    """Code that is ready to be put into an application; ``stack`` is what it is written for, as its users call it."""

    stack: str
    code: str


class ApplicationChange(msgspec.Struct, frozen=True, kw_only=True):
    """What has to change in the application for a cure to work, or to be worth having.

    ``summary`` is one English sentence. ``examples`` are the same change for several stacks.
    """

    summary: str
    examples: tuple[CodeExample, ...] = ()


class EqualRows(msgspec.Struct, frozen=True, kw_only=True):
    """How it can be shown on the rows themselves that a changed condition lets the same ones through.

    ``sql`` reads the whole table and gives the number of rows about which old and new conditions differ; only a role
    that row-level security does not bind may ask it. It is asked under each of ``settings``: names and values of
    settings of the session, all others being empty.
    """

    sql: str
    settings: tuple[tuple[tuple[str, str], ...], ...] = ((),)


class NextBest(msgspec.Struct, frozen=True, kw_only=True):
    """What would be built instead if this could not be, and what the workload would then cost.

    ``sql`` is the statement of the alternative, empty when nothing takes its place. ``cost`` and ``chosen_cost`` are
    the objective (relative: 1 is the workload as it is) with the alternative and with what was chosen, as planned.
    """

    sql: str
    cost: float
    chosen_cost: float


class Prescription(msgspec.Struct, frozen=True, kw_only=True):
    """One cure: data only. ``kind`` is the stem of the remedy's file, or of the adviser's where SQL is not all of it.

    ``do`` and ``undo`` are run in order. ``verify`` is a query whose single value is true once it is done.
    ``cures`` are fingerprints of findings. ``size_bytes`` and ``build_seconds`` are estimated. ``losses`` are the
    statements that get dearer. ``replaces`` names existing indexes that it makes useless. ``object`` is what is made
    or changed, ``table`` the table that it is on. ``adviser`` is the stem of the adviser's file, empty for the cure of
    a finding. ``do`` is empty where everything happens in the application or beside the database. ``requires`` are the
    fingerprints of prescriptions that come before. ``watches`` are asked of the real planner where nothing gains.
    ``points`` are what the grade gains by it, as estimated, and
    ``saves`` the part of the workload's cost that it saves, as planned.
    ``equal_rows`` shows that the same rows are seen as before, where that can be asked.
    """

    kind: str
    object: ObjectName
    table: ObjectName
    reason: str
    do: tuple[Statement, ...]
    undo: tuple[Statement, ...]
    verify: str = ""
    hazards: tuple[Hazard, ...] = ()
    size_bytes: int = 0
    cures: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    gains: tuple[StatementGain, ...] = ()
    losses: tuple[StatementGain, ...] = ()
    build_seconds: float | None = None
    replaces: tuple[str, ...] = ()
    next_best: NextBest | None = None
    mappings: tuple[StatementMapping, ...] = ()
    adviser: str = ""
    application: ApplicationChange | None = None
    requires: tuple[str, ...] = ()
    watches: tuple[Watched, ...] = ()
    when: When = When.NOW
    risk: Risk = Risk.LOW
    points: float = 0.0
    saves: float = 0.0
    equal_rows: EqualRows | None = None

    @property
    def lasting(self) -> tuple[Statement, ...]:
        """The statements that make an index to stay."""
        return tuple(each for each in self.do if each.makes is not None and not each.is_interim)

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits of what is done: the same cure for the same object, whenever it was written.

        Where nothing is run in the database, what the application no longer asks stands for it.
        """
        done = [statement.sql for statement in self.do] or [mapping.original for mapping in self.mappings]
        text = "\0".join((self.kind, str(self.object), *done))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def is_elsewhere(self) -> bool:
        """Whether all of it is done in the application or beside the database: nothing is run in it."""
        return not self.do


class Patient(msgspec.Struct, frozen=True, kw_only=True):
    """Which database a course was written for; ``treat`` compares before it touches anything."""

    database: str
    database_oid: int
    system_identifier: str
    version_num: int
    clock: str


class FrontierPoint(msgspec.Struct, frozen=True, kw_only=True):
    """The best choice found for one budget.

    ``cost`` is the objective relative to the workload as it is (1.0), ``lower_bound`` what no choice of these
    candidates can beat by this planner, on the same scale; ``optimality_gap`` is (cost - lower_bound) / cost, and
    ``solver_gap`` the solver's own over the plans known. ``indexes`` are the statements, most useful first.
    """

    budget_bytes: int | None
    size_bytes: int
    cost: float
    lower_bound: float
    optimality_gap: float
    solver_gap: float = 0.0
    indexes: tuple[str, ...] = ()


class RejectedIndex(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate that is not prescribed. ``statements`` are fingerprints of those that it was thought of for."""

    sql: str
    reason: str
    size_bytes: int = 0
    statements: tuple[str, ...] = ()


class WorkloadEffect(msgspec.Struct, frozen=True, kw_only=True):
    """The whole workload's weighted planner cost before and after, what it was planned by, and what was left out.

    ``objective`` is ``time`` (each statement's measured share of time, times its cost relative to now) or ``cost``
    (planner cost summed). ``lower_bound`` and ``optimality_gap`` are those of the prescribed point, relative to
    these candidates and this planner. ``is_deterministic`` is False when a time limit cut the search.
    """

    cost_before: float
    cost_after: float
    planned_by: str
    statements: int
    plans: int = 0
    omitted: tuple[str, ...] = ()
    objective: str = "time"
    source: str = ""
    lower_bound: float | None = None
    optimality_gap: float | None = None
    frontier: tuple[FrontierPoint, ...] = ()
    candidates: int = 0
    rejected: tuple[RejectedIndex, ...] = ()
    is_deterministic: bool = True


class SeenTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table as it was when the course was written: ``columns`` are ``name type``, ``indexes`` names."""

    name: RelationName
    columns: tuple[str, ...]
    rows: float
    indexes: tuple[str, ...] = ()


class Declined(msgspec.Struct, frozen=True, kw_only=True):
    """A cure that an adviser thought of and does not prescribe, and why; ``reason`` has ``{fact}`` places."""

    adviser: str
    object: ObjectName
    reason: str
    facts: tuple[Fact, ...] = ()


class GradeForecast(msgspec.Struct, frozen=True, kw_only=True):
    """The grade now and, as estimated, once all was done: scores from 0 to 100 with their letters.

    ``confidence`` is the letter for how far what was seen can be trusted, as that of the grade now.
    """

    score_before: float
    letter_before: str
    score_after: float
    letter_after: str
    confidence: str


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """A course of treatment: prescriptions in the order in which they are to be applied to one database.

    ``tables`` are those that it treats, as they were seen. ``declined`` are the cures that were refused with a reason.
    ``cost_left`` is what the workload would cost once all was done, 1 being what it costs now: each statement by its
    share and its best cure, as planned; None where nothing was planned.
    """

    patient: Patient
    prescriptions: tuple[Prescription, ...]
    workload: WorkloadEffect
    tables: tuple[SeenTable, ...] = ()
    declined: tuple[Declined, ...] = ()
    cost_left: float | None = None
    grade: GradeForecast | None = None
    contract_version: str = "1"

    def until(self, latest: When) -> "Course":
        """The same without what is for later; nothing that stays requires anything that goes."""
        kept = tuple(item for item in self.prescriptions if not item.when.is_later_than(latest))
        return msgspec.structs.replace(self, prescriptions=kept)
