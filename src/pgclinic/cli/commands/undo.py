"""``pgclinic undo``."""

from enum import StrEnum
from typing import Annotated

import typer

from pgclinic.cli.options import TargetOptions, takes_server

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic undo postgresql://owner@db/shop
  pgclinic undo postgresql://owner@db/shop --item 3
  pgclinic undo postgresql://owner@db/shop --purge --yes
"""


class Format(StrEnum):
    """How it is written."""

    TEXT = "text"
    JSON = "json"


@app.command(epilog=EXAMPLES)
@takes_server
def undo(
    where: TargetOptions,
    *,
    item: Annotated[
        int | None, typer.Option(metavar="N", help="Only this item, by its number in the list of status.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="RUN", help="Only what was begun after this run; status names the runs.")
    ] = None,
    purge: Annotated[bool, typer.Option("--purge", help="Also remove the journal, schema pgclinic.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
) -> None:
    """Take back what treat did, latest first (writes).

    Everything, or one item, or all runs after one. An undo that is interrupted can be run again.
    """
    import sys

    from pgclinic.cli.output import columns, deliver, wants_color
    from pgclinic.cli.progress import shown
    from pgclinic.cli.questions import confirm
    from pgclinic.cli.targets import conninfo_of
    from pgclinic.model.errors import UserError
    from pgclinic.report import treatment_json, treatment_text
    from pgclinic.verbs.undo import undo as take_back

    if item is not None and to is not None:
        raise UserError("--item and --to cannot be combined: one names an item, the other a run.")
    conninfo = conninfo_of(where, "undo")
    if not yes:
        what = f"item {item}" if item is not None else f"what came after run {to}" if to else "every treatment"
        confirm(f"Take back {what} of this database?", "--yes")
    treatment = shown(take_back(conninfo, item=item, to=to or "", purge=purge))
    if form is Format.JSON:
        deliver(treatment_json.encode(treatment), None)
    else:
        deliver(treatment_text.text(treatment, width=columns(), color=wants_color(sys.stdout)), None)
    if any(entry.error for entry in treatment.entries):
        raise typer.Exit(1)
