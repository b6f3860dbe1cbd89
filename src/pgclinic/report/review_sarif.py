"""The review as SARIF 2.1.0, for code scanning: rules and checks are rules, objections are results at their lines."""

from typing import Any
from urllib.parse import quote

from pgclinic import __version__, checks, reviews
from pgclinic.model.finding import Severity
from pgclinic.model.review import Objection, Review
from pgclinic.report.checkup_json import dump
from pgclinic.report.checkup_sarif import SCHEMA
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.printable import printable, shortened
from pgclinic.report.review_words import advice_of, documentation_of, summary_of, title_of

_LEVELS = {
    Severity.INFO: "note",
    Severity.NOTICE: "note",
    Severity.WARNING: "warning",
    Severity.CRITICAL: "error",
}
_FINGERPRINT = "pgclinic/v1"
_LONGEST = 2_000


def encode(review: Review, language: Language = ENGLISH) -> str:
    """One log with one run, in ASCII."""
    used = {each.finding.check for each in review.objections} & set(checks.names())
    names = (*reviews.names(), *sorted(used))
    number = {name: position for position, name in enumerate(names)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "pgclinic",
                "version": __version__,
                "semanticVersion": __version__,
                "language": language.code,
                "rules": [_rule(name, language) for name in names],
            }
        },
        "automationDetails": {"id": "pgclinic/review/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True}],
        "results": [_result(each, number, language) for each in review.objections],
    }
    return dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(name: str, language: Language) -> dict[str, Any]:
    title = language.say(title_of(name))
    return {
        "id": name,
        "name": "".join(word.capitalize() for word in name.split("_")),
        "shortDescription": {"text": title},
        "fullDescription": {"text": title},
        "help": {"text": documentation_of(name)},
        "properties": {"tags": ["postgresql", "migration"]},
    }


def _result(objection: Objection, number: dict[str, int], language: Language) -> dict[str, Any]:
    finding = objection.finding
    message = printable(f"{summary_of(finding, language)} {advice_of(finding, language)}")
    return {
        "ruleId": finding.check,
        "ruleIndex": number[finding.check],
        "level": _LEVELS[finding.severity],
        "message": {"text": shortened(message, _LONGEST) or finding.check},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(objection.place.file)},
                    "region": {"startLine": objection.place.line},
                }
            }
        ],
        "partialFingerprints": {_FINGERPRINT: finding.fingerprint},
        "properties": {"severity": finding.severity.name.lower()},
    }
