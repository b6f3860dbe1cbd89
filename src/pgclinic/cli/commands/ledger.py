"""``pgclinic ledger``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic ledger
  pgclinic ledger --format json
"""


class Format(StrEnum):
    """How it is written."""

    TEXT = "text"
    JSON = "json"


@app.command(epilog=EXAMPLES, short_help="Show planned against measured gains.")
def ledger(
    *,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Another ledger than the one of this machine.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
) -> None:
    """Show how right pgclinic's plans were: every gain that was planned and then measured. Reads only.

    ``prove --against RUN`` books what was treated between the two runs.
    """
    import sys

    import msgspec

    from pgclinic.cli.output import columns, deliver, wants_color
    from pgclinic.report import ledger_text
    from pgclinic.report.checkup_json import dump
    from pgclinic.verbs.ledger import ledger_path, read_ledger

    found = read_ledger(file or ledger_path())
    if form is Format.JSON:
        deliver(dump(msgspec.to_builtins(found)), None)
    else:
        deliver(ledger_text.text(found, width=columns(), color=wants_color(sys.stdout)), None)
