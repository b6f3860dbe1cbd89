"""What the doctor saw of the machine, for a terminal."""

from collections.abc import Iterator

from rich.console import RenderableType

from pgclinic.model.surroundings import Installation, Surroundings
from pgclinic.report.terminal import GOOD, POOR, QUIET, hanging, heading, indented, rendered, words

_GIB = 2**30
_VERSION_WIDTH = 7


def text(seen: Surroundings, *, width: int = 80, color: bool = False) -> str:
    """The verdict, then what it rests on."""
    return rendered(list(_parts(seen)), width=width, color=color)


def _parts(seen: Surroundings) -> Iterator[RenderableType]:
    yield words(_verdict(seen))
    yield heading("PostgreSQL", "where it was looked for and found")
    for each in seen.installations:
        yield indented(_installation(each, seen))
    if not seen.installations:
        yield indented(words("none"))
    yield heading("Machine")
    account = f"as the account {seen.account}, because you are root" if seen.account else "as you"
    yield indented(words(f"private servers run {account}, in {seen.home}"))
    memory = f"{seen.memory / _GIB:.1f} GiB of memory, " if seen.memory else ""
    yield indented(words(f"{_counted(seen.cores, 'core')}, {memory}{seen.disk_free / _GIB:.1f} GiB of disk free"))
    if seen.swept:
        yield indented(words(f"{_counted(len(seen.swept), 'leftover')} of killed runs removed"))
    if seen.planning is not None and seen.planning.lacking:
        yield heading("Not as on the server", "what plans cannot count on")
        for lack in seen.planning.lacking:
            yield indented(words(lack))


def _verdict(seen: Surroundings) -> tuple[str, str]:
    planning = seen.planning
    if seen.failure:
        return f"Plans cannot be made here: {seen.failure}", POOR
    if planning is None:
        return "A private server starts; give a target to see how it would be planned for.", GOOD
    if not planning.is_own_major:
        return f"{planning.database} would be planned by {planning.planned_by}: {seen.reason}.", POOR
    if planning.lacking:
        lacking = _counted(len(planning.lacking), "thing")
        return f"{planning.database} would be planned by {planning.planned_by}, with {lacking} missing.", POOR
    return f"{planning.database} would be planned by {planning.planned_by}, as the server itself would.", GOOD


def _installation(each: Installation, seen: Surroundings) -> RenderableType:
    place = each.directory if each.origin == each.directory else f"{each.directory} ({each.origin})"
    style = note = ""
    if each.refused:
        style, note = QUIET, f": not taken, {each.refused}"
    elif each.directory == seen.chosen:
        style, note = "bold", f": chosen, {seen.reason}"
    return hanging(words((each.version or "?", style)), words((place + note, style)), _VERSION_WIDTH)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
