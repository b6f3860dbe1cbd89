"""What every format of a review says alike."""

from collections.abc import Iterable

from pgclinic import checks, reviews
from pgclinic.model.evidence import Fact
from pgclinic.model.finding import Finding
from pgclinic.model.locks import BLOCKS_WRITES, in_sql, strongest
from pgclinic.model.review import Review
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.printable import shortened
from pgclinic.report.sentences import sentence

_LONGEST_NAME = 60


def title_of(rule: str) -> str:
    """What is wrong, in plain words: a rule's, or where a check found it, the check's."""
    if rule in reviews.names():
        return reviews.load(rule).title
    return checks.load(rule).title if rule in checks.names() else rule


def documentation_of(rule: str) -> str:
    """The page of a rule or check."""
    return reviews.load(rule).documentation if rule in reviews.names() else checks.load(rule).documentation


def summary_of(finding: Finding, language: Language = ENGLISH) -> str:
    """What is wrong here; where a check's title stands for it, with the object that is meant."""
    said = sentence(finding.summary, finding.facts, language)
    if finding.check in reviews.names():
        return said
    return f"{language.say(finding.object.kind)} {finding.object.path}: {said}"


def advice_of(finding: Finding, language: Language = ENGLISH) -> str:
    """What to do."""
    return sentence(finding.advice, finding.facts, language)


def title_words(review: Review, language: Language = ENGLISH) -> str:
    """What was examined, and on what."""
    files = ", ".join(review.files) if len(review.files) <= 3 else f"{review.files[0]} …"  # noqa: PLR2004 - a line
    if review.database:
        return language.say(
            "{files} for database {database}", files=shortened(files, _LONGEST_NAME), database=review.database
        )
    return language.say("{files} on an empty schema", files=shortened(files, _LONGEST_NAME))


def run_words(review: Review, language: Language = ENGLISH) -> str:
    """How it is known."""
    number = len(review.statements)
    return language.say_many(
        "{number} statement was run by {server} on a private server without rows.",
        "{number} statements were run by {server} on a private server without rows.",
        number,
        server=review.run_by,
    )


def locks_of(review: Review) -> list[tuple[str, str, str]]:
    """Place, table and lock of every statement that stops somebody, as LOCK TABLE spells it."""
    found = []
    for statement in review.statements:
        by_table: dict[str, list[str]] = {}
        for table, mode in statement.locks:
            by_table.setdefault(table, []).append(mode)
        for table, modes in by_table.items():
            mode = strongest(modes)
            if mode in BLOCKS_WRITES:
                found.append((str(statement.place), table, in_sql(mode)))
    return found


def evidence_of(finding: Finding) -> Iterable[Fact]:
    """The facts that the sentences do not say."""
    said = finding.summary + finding.advice
    return [fact for fact in finding.facts if f"{{{fact.name}}}" not in said]
