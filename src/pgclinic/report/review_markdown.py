"""The review in Markdown, as a comment on a pull request."""

from collections.abc import Iterator

from pgclinic.model.evidence import Unit
from pgclinic.model.review import Review, Verdict
from pgclinic.report.figures import figure
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.markdown_words import block, code, plain
from pgclinic.report.review_words import advice_of, locks_of, run_words, summary_of, title_words
from pgclinic.report.wording import counts, severity_words

_MOST = 50


def markdown(review: Review, language: Language = ENGLISH) -> str:
    """Objections in the order of the lines, the statements that they are about, locks, indexes."""
    return "\n".join(_lines(review, language)) + "\n"


def _lines(review: Review, language: Language) -> Iterator[str]:
    yield f"# {plain(title_words(review, language))}"
    yield ""
    yield plain(run_words(review, language))
    yield ""
    if review.objections:
        found = counts([each.finding for each in review.objections], language)
        yield f"## {plain(language.say('Objections'))}: {plain(found)}"
    else:
        yield plain(language.say("Nothing speaks against it."))
    statements = {each.place: each.sql for each in review.statements}
    for objection in review.objections:
        finding = objection.finding
        yield ""
        yield (
            f"### {code(str(objection.place))} {plain(severity_words(finding.severity, language))}: "
            f"{code(finding.check)}"
        )
        yield ""
        yield plain(summary_of(finding, language))
        yield plain(advice_of(finding, language))
        if objection.place in statements:
            yield ""
            yield block(statements[objection.place])
    yield from _locks(review, language)
    yield from _indexes(review, language)
    yield from _unexamined(review, language)


def _locks(review: Review, language: Language) -> Iterator[str]:
    found = locks_of(review)
    if found:
        yield ""
        yield f"## {plain(language.say('Locks that stop others'))}"
        yield ""
        for place, table, lock in found[:_MOST]:
            yield f"- {code(place)} {code(lock)} {code(table)}"


def _indexes(review: Review, language: Language) -> Iterator[str]:
    useful = [index for index in review.indexes if index.gains]
    if useful:
        yield ""
        yield f"## {plain(language.say('Indexes that the planner would use'))}"
        yield ""
    for index in useful[:_MOST]:
        best = max(index.gains, key=lambda gain: gain.calls * (gain.cost_before - gain.cost_after))
        before, after = (figure(cost, Unit.COST, language) for cost in (best.cost_before, best.cost_after))
        size = figure(index.bytes, Unit.BYTES, language)
        yield (
            f"- {code(index.name.name)} "
            + plain(
                language.say(
                    "{size} (estimated), cost {before} → {after} (planned):", size=size, before=before, after=after
                )
            )
            + f" {code(best.sql)}"
        )


def _unexamined(review: Review, language: Language) -> Iterator[str]:
    left = [f"{each.place}: {each.unexamined}" for each in review.statements if each.verdict is Verdict.NOT_RUN]
    left += review.omitted
    if left:
        yield ""
        yield f"## {plain(language.say('Not examined'))}"
        yield ""
        yield from (f"- {plain(line)}" for line in left[:_MOST])
