"""What a noun says to people that a language has no words for."""

import io
from collections.abc import Iterable, Iterator
from functools import cache

from babel.messages.pofile import read_po

from pgclinic import checks
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import BlindSpot, Finding
from pgclinic.report.language import FOLDER, LANGUAGES

OTHERS = tuple(code for code in LANGUAGES if code != "en")


@cache
def known(code: str) -> frozenset[str]:
    """The texts that a language has words for."""
    catalogue = read_po(io.StringIO((FOLDER / code / "LC_MESSAGES" / "pgclinic.po").read_text()))
    return frozenset(message.id for message in catalogue if isinstance(message.id, str) and message.string)


def untranslated(finding: Finding | BlindSpot) -> list[str]:
    """Texts of a finding or blind spot, filled by no matter which code path, that some catalogue lacks."""
    return [f"{code}: {text}" for code in OTHERS for text in _texts(finding) if text and text not in known(code)]


def _texts(finding: Finding | BlindSpot) -> Iterator[str]:
    match finding:
        case Finding():
            yield from (finding.summary, finding.advice, finding.object.kind)
            if finding.remedy:
                for statement in (*finding.remedy.do, *finding.remedy.undo):
                    yield from _of_lock(statement.lock)
                    yield statement.blocks
        case BlindSpot():
            yield finding.reason
            yield "" if finding.subject in checks.names() else finding.subject.replace("_", " ")
    yield from _of_facts(finding.facts)


def _of_lock(lock: str) -> Iterator[str]:
    yield lock if " " in lock else ""


def _of_facts(facts: Iterable[Fact]) -> Iterator[str]:
    for fact in facts:
        yield fact.name.replace("_", " ")
        if fact.unit is Unit.PHRASE and isinstance(fact.value, str):
            yield from fact.value.split(", ") if fact.value not in known(OTHERS[0]) else ()
