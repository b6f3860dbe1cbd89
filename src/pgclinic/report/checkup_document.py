"""The shape of a checkup's JSON document: a contract, published as docs/schema/checkup.json.

Fields may be added while ``contract_version`` stays; none is renamed, removed, or given another meaning.
"""

from typing import Any, Literal

import msgspec

from pgclinic.model.checkup import Grade, SetThreshold
from pgclinic.model.evidence import Provenance, Unit
from pgclinic.model.names import ObjectName
from pgclinic.model.overview import Overview
from pgclinic.model.prescription import Hazard

SeverityName = Literal["info", "notice", "warning", "critical"]


class FactDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of evidence; ``value`` is null where it was no number."""

    name: str
    value: float | int | str | None
    unit: Unit
    provenance: Provenance


class StatementDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One SQL statement, the lock that it takes, and what that blocks; both empty where there is none to name."""

    sql: str
    in_transaction: bool
    lock: str
    blocks: str


class RemedyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What to run, and the way back, both in order; ``undo`` is empty where there is none or nothing to give back.

    ``verify`` is a query whose single value is true once it is done; empty where no query can tell.
    """

    kind: str
    do: tuple[StatementDocument, ...]
    undo: tuple[StatementDocument, ...]
    hazards: tuple[Hazard, ...]
    verify: str


class FindingDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One finding. ``points`` of the score are given back by curing it alone; ``burden`` is a share from 0 to 1."""

    check: str
    title: str
    family: str
    fingerprint: str
    severity: SeverityName
    object: ObjectName
    summary: str
    advice: str
    burden: float
    points: float
    facts: tuple[FactDocument, ...]
    remedy: RemedyDocument | None


class SetAsideDocument(FindingDocument, frozen=True, kw_only=True):
    """A finding that counts in the grade and is not listed, because it is ``known`` from a baseline or ``ignored``."""

    reason: Literal["known", "ignored"]
    comment: str


class GoneDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the baseline that is no longer found."""

    fingerprint: str
    check: str
    object: str
    comment: str


class KpiDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A key figure with its target; ``value`` and ``is_met`` are null where it could not be had."""

    name: str
    value: float | None
    unit: Unit
    target: float
    higher_is_better: bool
    provenance: Provenance
    is_met: bool | None


class BlindSpotDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be seen, why, and the one statement that would grant the sight of it, if any."""

    subject: str
    reason: str
    object: str
    grant: str


class CheckupDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole document; findings come worst first."""

    contract_version: str
    database: str
    database_oid: int
    system_identifier: str
    server_version: str
    seen_at: str
    grade: Grade
    kpis: tuple[KpiDocument, ...]
    findings: tuple[FindingDocument, ...]
    blind_spots: tuple[BlindSpotDocument, ...]
    examined: tuple[str, ...]
    left_out: tuple[str, ...]
    set_aside: tuple[SetAsideDocument, ...]
    listed_grade: Grade | None
    gone: tuple[GoneDocument, ...]
    thresholds: tuple[SetThreshold, ...]
    overview: Overview


def schema() -> dict[str, Any]:
    """The JSON Schema of the document, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pgclinic checkup, contract version 1",
        **msgspec.json.schema(CheckupDocument),
    }
