"""The review as one JSON document, for machines. Field names are a contract: docs/schema/review.json."""

from typing import Any, Literal

import msgspec

from pgclinic.model.evidence import Provenance, Unit
from pgclinic.model.names import ObjectName
from pgclinic.model.review import Objection, Review, TriedNewIndex
from pgclinic.report.checkup_json import dump
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.review_words import advice_of, summary_of, title_of
from pgclinic.sql import quote

SeverityName = Literal["info", "notice", "warning", "critical"]
VerdictName = Literal["ran", "failed", "not run"]


class ReviewFactDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of evidence: a figure or words, with its unit and where it comes from."""

    name: str
    value: float | int | str
    unit: Unit
    provenance: Provenance


class ObjectionDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule has against a statement; ``rule`` may be a check's name. ``line`` is from 1."""

    rule: str
    title: str
    severity: SeverityName
    file: str
    line: int
    object: ObjectName
    summary: str
    advice: str
    fingerprint: str
    facts: tuple[ReviewFactDocument, ...]


class LockDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A lock that a statement took on a table that was there before; ``mode`` as pg_locks has it."""

    table: str
    mode: str


class ReviewedStatementDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One statement, and what became of it on the private server."""

    file: str
    line: int
    sql: str
    verdict: VerdictName
    locks: tuple[LockDocument, ...]
    unexamined: str | None


class GainDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A statement of the workload with planned costs without and with an index."""

    sql: str
    calls: float
    cost_before: float
    cost_after: float


class NewIndexDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An index of the migration, as the planner sees it."""

    sql: str
    size_bytes: int
    gains: tuple[GainDocument, ...]
    unused_because: str | None
    better: tuple[str, ...]


class ReviewDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole; ``database`` is null for a review on an empty schema."""

    contract_version: str
    files: tuple[str, ...]
    database: str | None
    seen_at: str
    run_by: str
    workload_statements: int
    worst: SeverityName | None
    objections: tuple[ObjectionDocument, ...]
    statements: tuple[ReviewedStatementDocument, ...]
    indexes: tuple[NewIndexDocument, ...]
    not_examined: tuple[str, ...]


def encode(review: Review, language: Language = ENGLISH) -> str:
    """The document, indented, in ASCII: texts of others cannot act on a terminal that shows it."""
    fields: dict[str, Any] = msgspec.to_builtins(document(review, language))
    return dump(fields)


def document(review: Review, language: Language = ENGLISH) -> ReviewDocument:
    """The document as a value; only its sentences are in the reader's language."""
    return ReviewDocument(
        contract_version=review.contract_version,
        files=review.files,
        database=review.database or None,
        seen_at=review.clock,
        run_by=review.run_by,
        workload_statements=review.workload,
        worst=None if review.worst is None else _severity(review.worst.name),
        objections=tuple(_objection(each, language) for each in review.objections),
        statements=tuple(
            ReviewedStatementDocument(
                file=each.place.file,
                line=each.place.line,
                sql=each.sql,
                verdict=each.verdict.value,
                locks=tuple(LockDocument(table=table, mode=mode) for table, mode in each.locks),
                unexamined=each.unexamined or None,
            )
            for each in review.statements
        ),
        indexes=tuple(map(_index, review.indexes)),
        not_examined=review.omitted,
    )


def schema() -> dict[str, Any]:
    """The JSON Schema of the document, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pgclinic review, contract version 1",
        **msgspec.json.schema(ReviewDocument),
    }


def _severity(name: str) -> SeverityName:
    severity: SeverityName = msgspec.convert(name.lower(), SeverityName)
    return severity


def _objection(objection: Objection, language: Language) -> ObjectionDocument:
    finding = objection.finding
    return ObjectionDocument(
        rule=finding.check,
        title=language.say(title_of(finding.check)),
        severity=_severity(finding.severity.name),
        file=objection.place.file,
        line=objection.place.line,
        object=finding.object,
        summary=summary_of(finding, language),
        advice=advice_of(finding, language),
        fingerprint=finding.fingerprint,
        facts=tuple(
            ReviewFactDocument(name=fact.name, value=fact.value, unit=fact.unit, provenance=fact.provenance)
            for fact in finding.facts
        ),
    )


def _index(index: TriedNewIndex) -> NewIndexDocument:
    return NewIndexDocument(
        sql=quote.create_index(index.definition, index.name.name),
        size_bytes=index.bytes,
        gains=tuple(
            GainDocument(
                sql=gain.sql,
                calls=gain.calls,
                cost_before=round(gain.cost_before, 2),
                cost_after=round(gain.cost_after, 2),
            )
            for gain in index.gains
        ),
        unused_because=index.unused_because or None,
        better=index.better,
    )
