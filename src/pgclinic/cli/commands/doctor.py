"""``pgclinic doctor``."""

from enum import StrEnum
from typing import Annotated

import typer

from pgclinic.cli.options import TargetOptions, takes_target

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic doctor
  pgclinic doctor shop.pgclinic
  pgclinic doctor service=shop --format json

Exit codes: 0 plans are made as the server itself would make them; 1 they are
made otherwise or not at all; 2 usage or connection.
"""


class Format(StrEnum):
    """How it is written."""

    TEXT = "text"
    JSON = "json"


@app.command(epilog=EXAMPLES)
@takes_target
def doctor(
    where: TargetOptions,
    *,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
) -> None:
    """Show which PostgreSQL would plan for a database. Reads only."""
    from pgclinic.cli.output import columns, deliver, wants_color
    from pgclinic.cli.progress import shown
    from pgclinic.cli.targets import seen
    from pgclinic.verbs.doctor import doctor as look
    from pgclinic.verbs.targets import is_one_in_the_environment

    has_target = where != TargetOptions() or is_one_in_the_environment()
    result = shown(look(seen(where) if has_target else None))
    if form is Format.JSON:
        from pgclinic.report.doctor_json import encode

        document = encode(result)
    else:
        import sys

        from pgclinic.report.doctor_text import text

        document = text(result, width=columns(), color=wants_color(sys.stdout))
    deliver(document, None)
    raise typer.Exit(0 if result.is_well else 1)
