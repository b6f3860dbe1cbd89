"""``pgclinic status``."""

from enum import StrEnum
from typing import Annotated

import typer

from pgclinic.cli.options import TargetOptions, takes_server

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic status postgresql://owner@db/shop
  pgclinic status service=shop --format json
"""


class Format(StrEnum):
    """How it is written."""

    TEXT = "text"
    JSON = "json"


@app.command(epilog=EXAMPLES, short_help="Show what was treated and what comes next.")
@takes_server
def status(
    where: TargetOptions,
    *,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
) -> None:
    """Show what was treated, what is under way, what is next.

    Reads the journal in schema pgclinic and looks who is at work; changes nothing.
    """
    import sys

    from pgclinic.cli.output import columns, deliver, wants_color
    from pgclinic.cli.progress import shown
    from pgclinic.cli.targets import conninfo_of
    from pgclinic.report import treatment_json, treatment_text
    from pgclinic.verbs.status import status as read

    seen = shown(read(conninfo_of(where, "status")))
    if form is Format.JSON:
        deliver(treatment_json.encode_status(seen), None)
    else:
        deliver(treatment_text.status_text(seen, width=columns(), color=wants_color(sys.stdout)), None)
