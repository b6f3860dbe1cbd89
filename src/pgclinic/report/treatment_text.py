"""A treatment for a terminal: what was done, where each prescription stands, and what to do next."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from pgclinic.model.clock import seconds_between
from pgclinic.model.evidence import Unit
from pgclinic.model.treatment import JournalEntry, State, Status, Treatment, Underway
from pgclinic.report.figures import figure
from pgclinic.report.moments import moment
from pgclinic.report.preflight_text import application_parts, object_words, preflight_parts
from pgclinic.report.terminal import ACCENT, FAIR, GOOD, POOR, QUIET, heading, indented, rendered, words
from pgclinic.report.wording import plural

_STYLES = {
    State.PLANNED: QUIET,
    State.STARTED: FAIR,
    State.DONE: GOOD,
    State.FAILED: POOR,
    State.UNDOING: FAIR,
    State.UNDONE: GOOD,
}
_WIDEST_STATE = max(len(state) for state in State)
_NUMBER = 4


def text(treatment: Treatment, *, width: int = 80, color: bool = False, dry_run: bool = False) -> str:
    """The pre-flight before anything was run; otherwise one line a prescription, with its time and its note."""
    return rendered(list(_parts(treatment, dry_run=dry_run)), width=width, color=color)


def preflight_text(treatment: Treatment, *, width: int = 80, color: bool = False) -> str:
    """What was looked at, and what would be done."""
    preflight = treatment.preflight
    return rendered(
        list(preflight_parts(preflight, with_statements=False)) if preflight else [], width=width, color=color
    )


def status_text(status: Status, *, width: int = 80, color: bool = False) -> str:
    """The journal, run by run, what is under way, and the commands that make sense now."""
    return rendered(list(_status(status)), width=width, color=color)


def _parts(treatment: Treatment, *, dry_run: bool) -> Iterator[RenderableType]:
    in_application = treatment.preflight.in_application if treatment.preflight is not None else ()
    if not treatment.entries:
        yield words("Nothing is run in the database." if in_application else "Nothing to do.")
        yield from application_parts(in_application)
        return
    if dry_run:
        count = plural(len(treatment.entries), "prescription")
        yield words((f"Would apply {count}; nothing was changed.", "bold"))
        if treatment.preflight is not None:
            yield from preflight_parts(treatment.preflight, with_statements=True)
        return
    for entry in treatment.entries:
        yield from _entry("", entry)
    yield words("")
    if treatment.longest_wait_ms > 0:
        longest = figure(treatment.longest_wait_ms, Unit.MILLISECONDS)
        yield words(f"The longest wait of another session because of this: {longest} at most (measured).")
    elif any(entry.started_at for entry in treatment.entries):
        yield words("No session was seen to wait because of this.")
    yield words((_advice(treatment.entries), QUIET))
    yield from application_parts(in_application)


def _entry(number: str, entry: JournalEntry, underway: Underway | None = None) -> Iterator[RenderableType]:
    indent = _NUMBER if number else 2
    yield words(
        (f"{number:>{indent - 1}} " if number else " " * indent, QUIET),
        (f"{entry.state.value:<{_WIDEST_STATE}}", _STYLES[entry.state]),
        f"  {object_words(entry.prescription.object)}",
        (_took(entry), QUIET),
    )
    indent += _WIDEST_STATE + 2
    if underway is not None:
        share = f", {figure(underway.done / underway.total, Unit.RATIO)}" if underway.total else ""
        yield indented(words((f"pid {underway.pid}: {underway.words}{share}", ACCENT)), indent)
    if entry.error:
        yield indented(words((entry.error, POOR)), indent)
    if entry.note:
        yield indented(words((entry.note, QUIET)), indent)


def _took(entry: JournalEntry) -> str:
    if not (entry.started_at and entry.ended_at):
        return ""
    rows = f", {entry.rows:,} rows" if entry.rows else ""
    return f"  {figure(seconds_between(entry.started_at, entry.ended_at), Unit.SECONDS)}{rows}"


def _status(status: Status) -> Iterator[RenderableType]:
    yield words((f"Treatments of {status.database}", "bold"), (f"  {moment(status.clock)}", QUIET))
    if not status.entries:
        yield indented(words("Nothing was ever done to this database."))
    underway = {each.fingerprint: each for each in status.underway}
    run = ""
    for number, entry in enumerate(status.entries, start=1):
        if entry.treatment != run:
            run = entry.treatment
            began = f", begun {moment(entry.started_at)}" if entry.started_at else ""
            yield heading(f"Run {run}", f"by {entry.applied_by}{began}")
        yield from _entry(str(number), entry, underway.get(entry.prescription.fingerprint))
    if status.clinic:
        yield heading("At work", status.clinic)
    yield heading("Next")
    for command, does in status.next_steps:
        yield indented(words((command, ACCENT)))
        yield indented(words((does, QUIET)), 6)


def _advice(entries: Sequence[JournalEntry]) -> str:
    states = {entry.state for entry in entries}
    if states <= {State.UNDONE} and not all(entry.note for entry in entries):
        return "What was taken back is as it was before."
    if all(entry.is_settled for entry in entries):
        if State.UNDONE in states:
            return "Everything is done, and what did not do what it was for was taken back; undo takes back the rest."
        return "Everything is done; undo takes it back."
    if states & {State.UNDOING, State.UNDONE} and State.FAILED not in states and State.PLANNED not in states:
        return "Run undo again to go on where it stopped."
    return "Run treat again to go on where it stopped; undo takes back what was done."
