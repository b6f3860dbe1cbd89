"""A statement leaves nothing behind.

What it sees:
    PREPARE, EXPLAIN, SHOW, LISTEN and cursors; a SET LOCAL outside of a transaction; a SET after which nothing comes
    that it could matter for; temporary objects that no later statement uses.

Why it matters:
    What they make ends with the session or the transaction that runs the migration. Whoever wrote them expects
    something that will not be there: a statement prepared here is prepared for no connection of the application.

What to do:
    Leave it out; a setting that is to last belongs into ALTER ROLE … SET or ALTER DATABASE … SET.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.review import Migration, Objection, Step
from pgclinic.sql.mentions import words

_REASONS = {
    "explain_stmt": "it only shows a plan",
    "variable_show_stmt": "it only shows a setting",
    "listen_stmt": "it ends with the session",
    "declare_cursor_stmt": "it ends with the transaction",
    "prepared": "what it prepares ends with the session, and no connection of the application has it",
    "local": "outside of a transaction it lasts for itself alone",
    "last": "nothing comes after it that it could matter for",
    "temporary": "it ends with the session, and nothing in the migration uses it",
}
_ENDS = frozenset({"transaction_stmt", "variable_set_stmt"})


def examine(migration: Migration) -> Iterator[Objection]:
    """One objection a statement."""
    for number, step in enumerate(migration.steps):
        reason = "" if step.trace.failure else _reason(step, migration.steps[number + 1 :])
        if not reason:
            continue
        yield Objection(
            place=step.statement.place,
            finding=Finding(
                check="does_nothing",
                severity=Severity.WARNING,
                object=ObjectName("statement", str(step.statement.place)),
                summary="The statement leaves nothing behind: {reason}.",
                advice="Leave it out, or put what was meant where it lasts.",
                facts=(Fact("reason", _REASONS[reason], Unit.PHRASE),),
            ),
        )


def _reason(step: Step, later: tuple[Step, ...]) -> str:
    """A key of the reasons, empty where the statement does something."""
    deed = step.statement.deed
    if deed.kind == "prepare_stmt":
        is_used = any(each.statement.deed.prepared == deed.prepared for each in later if _executes(each))
        return "" if is_used else "prepared"
    if deed.kind == "variable_set_stmt":
        if deed.is_local and not step.trace.in_transaction:
            return "local"
        own = [each for each in later if each.statement.place.file == step.statement.place.file]
        return "" if any(each.statement.deed.kind not in _ENDS for each in own) or _is_given_back(step) else "last"
    if deed.is_temporary:
        is_used = any(deed.target.name in words(each.statement.sql) for each in later)
        return "" if is_used else "temporary"
    return deed.kind if deed.kind in _REASONS else ""


def _executes(step: Step) -> bool:
    return step.statement.deed.kind == "execute_stmt"


def _is_given_back(step: Step) -> bool:
    """RESET, and SET … TO DEFAULT, are how a file leaves a session as it found it."""
    return step.statement.deed.resets
