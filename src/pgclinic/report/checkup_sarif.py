"""The checkup as SARIF 2.1.0, for code scanning (OASIS "Static Analysis Results Interchange Format", 2.1.0).

Checks are rules, findings are results. A database has no files: an object is a logical location, and stands under a
path of its own (``database/<kind>/<name>``) for readers that show nothing without one.
"""

from typing import Any
from urllib.parse import quote

from pgclinic import __version__, checks
from pgclinic.checks import Check
from pgclinic.model.checkup import Checkup
from pgclinic.model.finding import BlindSpot, Finding, Severity
from pgclinic.report.checkup_json import dump
from pgclinic.report.checkup_words import advice_of, reason_of
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.printable import printable, shortened
from pgclinic.report.sentences import sentence
from pgclinic.report.wording import unseen

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {
    Severity.INFO: "note",
    Severity.NOTICE: "note",
    Severity.WARNING: "warning",
    Severity.CRITICAL: "error",
}
_FINGERPRINT = "pgclinic/v1"
_LONGEST = 2_000


def encode(checkup: Checkup, language: Language = ENGLISH) -> str:
    """One log with one run, in ASCII."""
    rules = [_rule(checks.load(name), language) for name in checks.names()]
    known = {rule["id"]: number for number, rule in enumerate(rules)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "pgclinic",
                "version": __version__,
                "semanticVersion": __version__,
                "language": language.code,
                "rules": rules,
            }
        },
        "automationDetails": {"id": f"pgclinic/{quote(checkup.server.database, safe='')}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "endTimeUtc": _moment(checkup.header.clock),
                "toolExecutionNotifications": [_notification(spot, language) for spot in checkup.blind_spots],
            }
        ],
        "properties": {
            "grade": checkup.grade.letter,
            "score": checkup.grade.score,
            "confidence": checkup.grade.confidence,
            "serverVersion": checkup.server.version,
        },
        "results": [_result(finding, checkup, known, language) for finding in checkup.findings],
    }
    return dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(check: Check, language: Language) -> dict[str, Any]:
    return {
        "id": check.name,
        "name": "".join(word.capitalize() for word in check.name.split("_")),
        "shortDescription": {"text": language.say(check.title)},
        "fullDescription": {"text": language.say(check.title)},
        "help": {"text": check.documentation},
        "properties": {"tags": ["postgresql", check.family]},
    }


def _result(finding: Finding, checkup: Checkup, known: dict[str, int], language: Language) -> dict[str, Any]:
    summary = sentence(finding.summary, finding.facts, language)
    message = printable(f"{summary} {advice_of(finding, language)}")
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "level": _LEVELS[finding.severity],
        "message": {"text": shortened(message, _LONGEST) or finding.check},
        "locations": [_location(finding)],
        "partialFingerprints": {_FINGERPRINT: finding.fingerprint},
        "properties": {
            "severity": finding.severity.name.lower(),
            "points": checkup.points.get(finding.fingerprint, 0.0),
        },
    }
    if finding.check in known:
        result["ruleIndex"] = known[finding.check]
    if finding.remedy is not None:
        result["properties"]["do"] = [statement.sql for statement in finding.remedy.do]
        result["properties"]["undo"] = [statement.sql for statement in finding.remedy.undo]
    return result


def _location(finding: Finding) -> dict[str, Any]:
    named = finding.object
    path = [named.kind, *filter(None, (named.schema, named.parent, named.name))]
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": "/".join(["database", *(quote(part, safe="") for part in path)])},
            "region": {"startLine": 1},
        },
        "logicalLocations": [
            {
                "name": named.name,
                "fullyQualifiedName": ".".join(filter(None, (named.schema, named.parent, named.name))),
                "kind": named.kind,
            }
        ],
    }


def _notification(spot: BlindSpot, language: Language) -> dict[str, Any]:
    text = printable(f"{unseen(spot, language)}: {reason_of(spot, language)}")
    notification: dict[str, Any] = {"level": "note", "message": {"text": shortened(text, _LONGEST)}}
    if spot.grant:
        notification["properties"] = {"grant": spot.grant}
    return notification


def _moment(clock: str) -> str:
    """As SARIF wants a time: in UTC with a Z, to the millisecond at most."""
    seconds, _, _ = clock.partition("+")
    return f"{seconds[:23]}Z" if not seconds.endswith("Z") else seconds
