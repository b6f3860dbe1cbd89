"""The checkup as one JSON document, for machines. Field names are a contract: see ``checkup_document``."""

import json
import math
from collections.abc import Sequence
from typing import Any

import msgspec

from pgclinic.model.checkup import Checkup
from pgclinic.model.evidence import Fact
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.prescription import Statement
from pgclinic.report.checkup_document import (
    BlindSpotDocument,
    CheckupDocument,
    FactDocument,
    FindingDocument,
    GoneDocument,
    KpiDocument,
    RemedyDocument,
    SetAsideDocument,
    SeverityName,
    StatementDocument,
)
from pgclinic.report.checkup_words import family_of, reason_of, title_of
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.locks import blocks_words
from pgclinic.report.sentences import sentence

_SEVERITIES: dict[Severity, SeverityName] = {
    Severity.INFO: "info",
    Severity.NOTICE: "notice",
    Severity.WARNING: "warning",
    Severity.CRITICAL: "critical",
}


def encode(checkup: Checkup, language: Language = ENGLISH) -> str:
    """The document, indented, in ASCII: texts of others cannot act on a terminal that shows it."""
    return dump(document(checkup, language))


def document(checkup: Checkup, language: Language = ENGLISH) -> dict[str, Any]:
    """The document before it is written."""
    fields: dict[str, Any] = msgspec.to_builtins(_document(checkup, language))
    return fields


def _document(checkup: Checkup, language: Language) -> CheckupDocument:
    """The document as a value; only the sentences in it are in the reader's language."""
    return CheckupDocument(
        contract_version=checkup.contract_version,
        database=checkup.server.database,
        database_oid=checkup.server.database_oid,
        system_identifier=checkup.server.system_identifier,
        server_version=checkup.server.version,
        seen_at=checkup.header.clock,
        grade=checkup.grade,
        kpis=tuple(KpiDocument(**msgspec.structs.asdict(kpi), is_met=kpi.is_met) for kpi in checkup.kpis),
        findings=tuple(FindingDocument(**_finding(finding, checkup, language)) for finding in checkup.findings),
        blind_spots=tuple(
            BlindSpotDocument(
                subject=spot.subject, reason=reason_of(spot, language), object=spot.object, grant=spot.grant
            )
            for spot in checkup.blind_spots
        ),
        examined=checkup.examined,
        left_out=checkup.left_out,
        set_aside=tuple(
            SetAsideDocument(
                **_finding(each.finding, checkup, language),
                reason="known" if each.is_known else "ignored",
                comment=each.comment,
            )
            for each in checkup.set_aside
        ),
        listed_grade=checkup.listed_grade,
        gone=tuple(
            GoneDocument(fingerprint=entry.fingerprint, check=entry.check, object=entry.object, comment=entry.comment)
            for entry in checkup.gone
        ),
        thresholds=checkup.thresholds,
        overview=checkup.overview,
    )


def dump(document: dict[str, Any]) -> str:
    """Any document the way every JSON of ours is written."""
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False).replace("\x7f", "\\u007f") + "\n"


def _finding(finding: Finding, checkup: Checkup, language: Language) -> dict[str, Any]:
    return {
        "check": finding.check,
        "title": language.say(title_of(finding.check)),
        "family": family_of(finding.check),
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "object": finding.object,
        "summary": sentence(finding.summary, finding.facts, language),
        "advice": sentence(finding.advice, finding.facts, language),
        "burden": finding.burden if math.isfinite(finding.burden) else 0.0,
        "points": checkup.points.get(finding.fingerprint, 0.0),
        "facts": tuple(_fact(fact) for fact in finding.facts),
        "remedy": None
        if finding.remedy is None
        else RemedyDocument(
            kind=finding.remedy.kind,
            verify=finding.remedy.verify,
            do=_statements(finding.remedy.do, language),
            undo=_statements(finding.remedy.undo, language),
            hazards=finding.remedy.hazards,
        ),
    }


def _fact(fact: Fact) -> FactDocument:
    value = None if isinstance(fact.value, float) and not math.isfinite(fact.value) else fact.value
    return FactDocument(name=fact.name, value=value, unit=fact.unit, provenance=fact.provenance)


def _statements(statements: Sequence[Statement], language: Language) -> tuple[StatementDocument, ...]:
    return tuple(
        StatementDocument(
            sql=statement.sql,
            in_transaction=statement.in_transaction,
            lock=language.say(statement.lock),
            blocks=blocks_words(statement, language),
        )
        for statement in statements
    )
