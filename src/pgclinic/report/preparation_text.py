"""A preparation for a terminal or as a script, and what the monitoring role turned out to see."""

from collections.abc import Iterator

from rich.console import RenderableType

from pgclinic.model.preparation import Preparation, Verification
from pgclinic.report.checkup_words import reason_of
from pgclinic.report.terminal import ACCENT, FAIR, GOOD, POOR, QUIET, indented, rendered, words
from pgclinic.report.wording import plural, unseen


def script(plan: Preparation) -> str:
    """The statements in a transaction, for psql or for whoever may run them."""
    lines = [
        f"-- For database {_commented(plan.database)}.",
        "begin;",
        *(f"{statement};" for statement in plan.statements),
        "commit;",
        *(f"-- {_commented(sentence)}" for sentence in plan.kept),
    ]
    if any(statement.startswith("create role") for statement in plan.statements):
        lines.append(f"-- The role has no password yet; in psql: \\password {_commented(plan.role)}")
    return "\n".join(lines) + "\n"


def done_text(plan: Preparation, *, width: int = 80, color: bool = False, removed: bool = False) -> str:
    """What was done, in a few lines."""
    return rendered(list(_done(plan, removed=removed)), width=width, color=color)


def verification_text(found: Verification, *, width: int = 80, color: bool = False) -> str:
    """What the role sees, and what stays hidden with the statement that would show it."""
    return rendered(list(_seen(found)), width=width, color=color)


def _done(plan: Preparation, *, removed: bool) -> Iterator[RenderableType]:
    if removed:
        yield words(("removed ", f"bold {GOOD}"), f"what prepare made in database {plan.database}")
    else:
        yield words(("prepared ", f"bold {GOOD}"), f"database {plan.database} for role {plan.role}")
        if not plan.has_password:
            yield words((f"The role got no password; in psql: \\password {plan.role}", QUIET))
    for sentence in plan.kept:
        yield words((sentence, QUIET))


def _seen(found: Verification) -> Iterator[RenderableType]:
    if not found.connected_by:
        yield words(("not verified ", f"bold {POOR}"), f"as {found.role} nothing could be seen")
        yield indented(words(found.failure))
        return
    if found.connected_by == "login":
        yield words(("verified ", f"bold {GOOD}"), f"{found.role} can connect to {found.database}")
    else:
        yield words(("looked ", f"bold {FAIR}"), f"as {found.role} by SET ROLE; logging in was not possible")
        yield indented(words((found.failure, QUIET)))
    if found.is_read_only is not None:
        yield indented(
            words("its transactions begin read-only" if found.is_read_only else "its transactions may WRITE")
        )
    yield indented(words(f"it sees {plural(found.statements, 'statement')} of the workload"))
    yield indented(
        words(
            f"and what ANALYZE learnt of {found.with_statistics} of {plural(found.tables, 'table')}, "
            f"of {found.with_values} with values"
        )
    )
    for spot in found.blind_spots:
        yield indented(words((f"hidden: {unseen(spot)}: ", FAIR), reason_of(spot)))
        if spot.grant:
            yield indented(words((spot.grant, ACCENT)), 4)


def _commented(text: str) -> str:
    """In one line, so that a name with a line break cannot end the comment."""
    return " ".join(text.split())
