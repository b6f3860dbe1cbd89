"""``pgclinic treat``."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pgclinic.cli.options import TargetOptions, Until, takes_server

if TYPE_CHECKING:
    from pgclinic.model.preflight import Examination
    from pgclinic.model.treatment import Treatment

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic treat postgresql://owner@db/shop treatment --dry-run
  pgclinic treat postgresql://owner@db/shop treatment --yes --when now
  pgclinic treat service=shop treatment --yes --window 02:00-05:00 --jobs 2
  pgclinic treat service=shop treatment --keep-if 'gain>=1.2' --max-wait 200
"""


class Format(StrEnum):
    """How it is written."""

    TEXT = "text"
    JSON = "json"


def _items(treatment: "Treatment") -> "tuple[Examination, ...]":
    return treatment.preflight.items if treatment.preflight is not None else ()


@app.command(epilog=EXAMPLES, short_help="Apply a prescription while the application runs (writes).")
@takes_server
def treat(
    where: TargetOptions,
    *,
    prescription: Annotated[
        Path | None,
        typer.Argument(metavar="PRESCRIPTION", help="What prescribe wrote: its JSON, or the folder it is in."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Examine and print what would be done; change nothing.")
    ] = False,
    when: Annotated[
        Until,
        typer.Option(
            help="Leave what is for later: now is SQL alone, week changes the application, month is a project."
        ),
    ] = Until.MONTH,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    window: Annotated[
        str | None,
        typer.Option(metavar="HOURS", help="Work only within these hours, such as 02:00-05:00."),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="The zone of --window; the server's log_timezone without it.")
    ] = None,
    max_wait: Annotated[
        int, typer.Option(metavar="MS", min=20, help="The longest that any session may wait because of this.")
    ] = 500,
    keep_if: Annotated[
        str,
        typer.Option(
            metavar="RULE",
            help="What stays after the server's planner was asked: used, gain>=1.2 or always.",
        ),
    ] = "used",
    jobs: Annotated[
        int, typer.Option(metavar="N", min=1, max=8, help="Index builds at a time, each on another table.")
    ] = 1,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
) -> None:
    """Apply a prescription without stopping the application (writes).

    Indexes are built concurrently; heavy locks are asked for with a short timeout, again and again. Each step is
    journalled in schema pgclinic, so that an interrupted treatment can be run again and a finished one undone. What
    the server's own planner then does not use, or finds dearer, is taken back.
    """
    import sys

    import msgspec

    from pgclinic.cli.choices import latest_of
    from pgclinic.cli.files import read_course
    from pgclinic.cli.output import columns, deliver, say, wants_color
    from pgclinic.cli.progress import shown
    from pgclinic.cli.questions import confirm
    from pgclinic.cli.targets import conninfo_of
    from pgclinic.model.errors import UserError
    from pgclinic.model.keeping import read_rule
    from pgclinic.postgres.sending import Patience
    from pgclinic.postgres.window import read_window
    from pgclinic.report import treatment_json, treatment_text
    from pgclinic.verbs.treat import Manner
    from pgclinic.verbs.treat import treat as apply

    if prescription is None:
        if where.target is None or "://" in where.target or "=" in where.target:
            raise UserError("treat needs a prescription: the JSON file that prescribe -o wrote, or its folder.")
        prescription, where = Path(where.target), msgspec.structs.replace(where, target=None)
    if timezone is not None and window is None:
        raise UserError("--timezone says in which zone the hours of --window are; give --window too.")
    manner = Manner(
        patience=Patience(max_wait_ms=max_wait),
        window=read_window(window, timezone or "") if window is not None else None,
        keep_if=read_rule(keep_if),
        jobs=jobs,
    )
    conninfo = conninfo_of(where, "treat")
    course = read_course(prescription).until(latest_of(when))
    if dry_run or form is Format.TEXT:
        examined = shown(apply(conninfo, course, dry_run=True, manner=manner))
        if dry_run and form is Format.JSON:
            deliver(treatment_json.encode(examined, dry_run=True), None)
            return
        table = treatment_text.text(examined, width=columns(), color=wants_color(sys.stdout), dry_run=dry_run)
        if dry_run:
            deliver(table, None)
            return
        say(treatment_text.preflight_text(examined, width=columns(), color=wants_color(sys.stderr)))
        yes = yes or not any(item.decision in {"apply", "resume"} for item in _items(examined))
    if not yes:
        count = sum(not item.is_elsewhere for item in course.prescriptions)
        confirm(f"Apply {count} prescription{'' if count == 1 else 's'} to {course.patient.database}?", "--yes")
    treatment = shown(apply(conninfo, course, manner=manner))
    if form is Format.JSON:
        deliver(treatment_json.encode(treatment), None)
    else:
        deliver(treatment_text.text(treatment, width=columns(), color=wants_color(sys.stdout)), None)
    if not treatment.is_complete:
        raise typer.Exit(1)
