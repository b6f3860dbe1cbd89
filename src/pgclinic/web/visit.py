"""One visit to a database, and what follows from it; whatever takes long is made when first asked for, and kept."""

from collections.abc import Mapping
from functools import cached_property
from threading import Lock
from typing import Any

from pgclinic.grading.listing import index_lines, statement_lines, table_lines
from pgclinic.model.checkup import Checkup
from pgclinic.model.errors import UserError
from pgclinic.model.finding import Finding
from pgclinic.model.listing import IndexLine, StatementLine, TableLine
from pgclinic.model.prescription import Course, Prescription
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.whatif import StatementEffect
from pgclinic.model.workload import Workload, WorkloadStatement
from pgclinic.report.checkup_html import values
from pgclinic.report.language import Language
from pgclinic.verbs.driving import drive
from pgclinic.verbs.plan_statement import plan_statement
from pgclinic.workload import from_statements

ONE_TWIN = Lock()
"""A private server takes memory and a core: there is one at a time, whatever is asked."""


class Visit:
    """What was seen, what was found, and what was prescribed, once somebody asked for that.

    ``snapshot`` is None for a checkup out of history, which kept no more.
    """

    def __init__(self, snapshot: Snapshot | None, checkup: Checkup) -> None:
        self.snapshot, self.checkup = snapshot, checkup
        self.course: Course | None = None
        self._told: dict[str, dict[str, Any]] = {}
        self._plans: dict[str, tuple[StatementEffect, str]] = {}

    @property
    def clock(self) -> str:
        """When it was, by the server's clock; ISO 8601."""
        return self.checkup.header.clock

    def told(self, language: Language) -> dict[str, Any]:
        """What templates tell of the checkup in a language."""
        if language.code not in self._told:
            self._told[language.code] = values(self.checkup, language)
        return self._told[language.code]

    def demand_snapshot(self) -> Snapshot:
        """The snapshot. Raises UserError where history kept none."""
        if self.snapshot is None:
            raise UserError(
                "No whole visit of that moment is at hand, so nothing can be planned; examine the database now."
            )
        return self.snapshot

    @cached_property
    def statements(self) -> tuple[StatementLine, ...]:
        """The most time first."""
        return statement_lines(self.snapshot) if self.snapshot else ()

    @cached_property
    def statement_of(self) -> Mapping[str, StatementLine]:
        """Statements by fingerprint."""
        return {line.fingerprint: line for line in self.statements}

    @cached_property
    def tables(self) -> tuple[TableLine, ...]:
        """The largest first."""
        return table_lines(self.snapshot) if self.snapshot else ()

    @cached_property
    def indexes(self) -> tuple[IndexLine, ...]:
        """The largest first."""
        return index_lines(self.snapshot) if self.snapshot else ()

    @cached_property
    def workload(self) -> Workload:
        """The statements that have a plan, in full."""
        return from_statements.workload_of(self.demand_snapshot())

    def in_full(self, fingerprint: str) -> WorkloadStatement | None:
        """The statement with its whole text; None for one without a plan, or where there is no whole visit."""
        if self.snapshot is None:
            return None
        return next((each for each in self.workload.statements if each.fingerprint == fingerprint), None)

    def findings_of(self, fingerprint: str) -> tuple[Finding, ...]:
        """What was found of a statement."""
        return tuple(
            each
            for each in self.checkup.findings
            if each.object.kind == "statement" and each.object.name == fingerprint
        )

    def helping(self, fingerprint: str) -> tuple[tuple[int, Prescription], ...]:
        """What was prescribed that a statement gains from, with its number in the plan."""
        items = enumerate(self.course.prescriptions if self.course else (), start=1)
        return tuple(
            (number, item)
            for number, item in items
            if any(gain.fingerprint == fingerprint for gain in item.gains)
            or any(mapping.original == fingerprint for mapping in item.mappings)
        )

    def plan_of(self, statement: WorkloadStatement) -> tuple[StatementEffect, str]:
        """The statement's plan on the twin, and what planned it. Raises UserError."""
        with ONE_TWIN:
            if statement.fingerprint not in self._plans:
                self._plans[statement.fingerprint] = drive(plan_statement(self.demand_snapshot(), statement))
            return self._plans[statement.fingerprint]
