"""Names and numbers in words."""

from collections import Counter
from collections.abc import Sequence

from pgclinic.model.evidence import Provenance
from pgclinic.model.finding import BlindSpot, Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.plan_reading import Reading
from pgclinic.report.language import ENGLISH, Language, later

_SEVERITIES = {
    Severity.CRITICAL: later("critical"),
    Severity.WARNING: later("warning"),
    Severity.NOTICE: later("notice"),
    Severity.INFO: later("info"),
}
_PROVENANCES = {
    Provenance.MEASURED: later("measured"),
    Provenance.BUCKETED: later("measured in buckets"),
    Provenance.PLANNED: later("planned"),
    Provenance.REHEARSED: later("rehearsed"),
    Provenance.ESTIMATED: later("estimated"),
}
_FIGURES = {
    "p50": later("P50"),
    "p95": later("P95"),
    "p99": later("P99"),
    "cache_hit": later("cache hit"),
    "dead_rows": later("dead rows"),
    "index_scans": later("index scans"),
}
_KINDS = (later("table"), later("view"), later("materialized view"), later("foreign table"))
"""Kinds of objects that the catalogs tell; the others stand where they are written."""
_CONFLICTS = (
    later("tablespace"),
    later("lock"),
    later("snapshot"),
    later("bufferpin"),
    later("deadlock"),
    later("active logicalslot"),
)
"""Why a standby cancels statements: PostgreSQL's words, which are names of facts."""
_CATEGORIES = {
    "statements": later("statements"),
    "indexes": later("indexes"),
    "storage": later("storage"),
    "settings": later("settings"),
    "policies": later("policies"),
    "views": later("views"),
    "connections": later("connections"),
    "schema": later("schema"),
    "partitions": later("partitions"),
    "replication": later("replication"),
    "security": later("security"),
}


def counts(findings: Sequence[Finding] | Sequence[Reading], language: Language = ENGLISH) -> str:
    """As in ``1 critical, 3 warnings, 2 notices``, the worst first; ``none`` when there are none."""
    found = Counter(finding.severity for finding in findings)
    words = [
        severity_count(severity, found[severity], language)
        for severity in sorted(Severity, reverse=True)
        if found[severity]
    ]
    return ", ".join(words) or language.say("none")


def severity_count(severity: Severity, number: int, language: Language = ENGLISH) -> str:
    """``1 warning``, ``3 warnings``, ``2 critical``."""
    match severity:
        case Severity.CRITICAL:
            return language.say_many("{number} critical", "{number} critical", number)
        case Severity.WARNING:
            return language.say_many("{number} warning", "{number} warnings", number)
        case Severity.NOTICE:
            return language.say_many("{number} notice", "{number} notices", number)
        case Severity.INFO:
            return language.say_many("{number} info", "{number} info", number)


def severity_words(severity: Severity, language: Language = ENGLISH) -> str:
    """A severity's name."""
    return language.say(_SEVERITIES[severity])


def origin(provenance: Provenance, language: Language = ENGLISH) -> str:
    """Where a figure comes from, in one word."""
    return language.say(_PROVENANCES[provenance])


def category_words(name: str, language: Language = ENGLISH) -> str:
    """The name of a category of the grade."""
    return language.say(_CATEGORIES.get(name, name))


def plural(number: int, word: str) -> str:
    """``1 warning``, ``3 warnings``, ``2 critical``. English only."""
    if number == 1 or word in {"critical", "info"}:
        return f"{number:,} {word}"
    return f"{number:,} {word}{'es' if word.endswith('x') else 's'}"


def label(name: str, language: Language = ENGLISH) -> str:
    """A key figure's name for people: ``cache hit`` for ``cache_hit``, ``P95`` for ``p95``."""
    return language.say(_FIGURES.get(name, name.replace("_", " ")))


def fact_name(name: str, language: Language = ENGLISH) -> str:
    """The name of a piece of evidence: ``rows per call`` for ``rows_per_call``."""
    return language.say(name.replace("_", " "))


def object_words(about: ObjectName, language: Language = ENGLISH) -> str:
    """An object by its kind and name: ``index public.orders.orders_idx``."""
    return f"{language.say(about.kind)} {about.path}"


def unseen(spot: BlindSpot, language: Language = ENGLISH) -> str:
    """What a blind spot hides: its subject, and of which object where the reason does not say so itself.

    A reason with facts has the object among them.
    """
    subject = language.say(spot.subject.replace("_", " "))
    if spot.object and not spot.facts and spot.object not in spot.reason:
        return language.say("{subject} of {object}", subject=subject, object=spot.object)
    return subject
