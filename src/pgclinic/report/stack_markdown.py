"""A plan of running parts as Markdown."""

from collections.abc import Iterator

from pgclinic.model.stack import StackPlan
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.markdown_words import block, code, plain
from pgclinic.report.stack_words import part_words, path_words, reason_words, remark_words, seen_words, verdict_words


def markdown(plan: StackPlan, language: Language = ENGLISH) -> str:
    """A heading a part; values in fences."""
    return "\n\n".join(_parts(plan, language)) + "\n"


def _parts(plan: StackPlan, language: Language) -> Iterator[str]:
    yield f"## pgclinic stack: {code(plan.database)}"
    yield plain(seen_words(plan, language))
    yield plain(path_words(plan, language))
    for part in plan.parts:
        yield f"### {plain(part_words(part, language))}: {verdict_words(part, language)}"
        yield plain(reason_words(part, language))
        remarks = remark_words(part, language)
        if remarks:
            yield "\n".join(f"- {plain(said)}" for said in remarks)
        if part.pays:
            yield block("\n".join(f"{each.file}: {each.name} = {each.value}" for each in part.settings), "ini")
