"""A plan that was read aloud: where its time went, and what stands out."""

import msgspec

from pgclinic.model.evidence import Fact
from pgclinic.model.finding import Severity
from pgclinic.model.plan import Explained, PlanNode
from pgclinic.model.prescription import Course


class PlanStep(msgspec.Struct, frozen=True, kw_only=True):
    """A node with its place in the tree and its share of the time.

    ``number`` counts from 1, parents first, as the report does. ``processes`` is how many worked on it at once.
    ``inclusive_ms`` is wall-clock time with all that it waited for below, ``own_ms`` without; None where nothing was
    timed. Own times of all steps add up to the plan's. ``off`` is how many times more rows a loop gave than planned,
    negative for fewer, and 1 where it gave as many or nothing can be said.
    """

    number: int
    depth: int
    parent: int
    node: PlanNode
    processes: float = 1.0
    inclusive_ms: float | None = None
    own_ms: float | None = None
    off: float = 1.0

    @property
    def loops(self) -> float:
        """How often it was begun; 0 when it never was, or nothing was executed."""
        return self.node.run.loops if self.node.run else 0

    @property
    def rows(self) -> float:
        """Rows that it gave in all."""
        return self.node.run.rows * self.node.run.loops if self.node.run else 0


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Something that stands out in a plan.

    ``reading`` is the stem of the rule's file. ``step`` is the number of the node that it is about, 0 for the whole.
    ``summary`` and ``advice`` are English sentences with ``{fact}`` places. ``share`` is the part of all time that
    the place takes, None where nothing was timed. ``wants_index`` when an index is what may help, so that the twin
    can be asked. ``downstream`` are the steps that suffer from it too.
    """

    reading: str
    severity: Severity
    step: int
    summary: str
    advice: str
    facts: tuple[Fact, ...] = ()
    share: float | None = None
    wants_index: bool = False
    downstream: tuple[int, ...] = ()


class PlanReading(msgspec.Struct, frozen=True, kw_only=True):
    """One plan read aloud.

    ``total_ms`` is the whole statement's time without its planning, ``outside_ms`` what of it no node took: triggers,
    constraints, start and end. ``course`` is what a twin says to the readings that want an index, None without a
    target. ``number`` of ``plans`` tells which plan of the text it is; ``statement`` is the SQL, where it is known.
    """

    explained: Explained
    steps: tuple[PlanStep, ...]
    readings: tuple[Reading, ...]
    total_ms: float | None = None
    outside_ms: float | None = None
    statement: str = ""
    course: Course | None = None
    number: int = 1
    plans: int = 1
    contract_version: str = "1"
