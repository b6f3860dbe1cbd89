"""``pgclinic list``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pgclinic.cli.languages import LangOption
from pgclinic.cli.settings import CONFIG_HELP

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic list
  pgclinic list --family indexes
  pgclinic list --format json
"""


class Format(StrEnum):
    """How the list is written."""

    TEXT = "text"
    JSON = "json"


@app.command("list", epilog=EXAMPLES, short_help="List every check and its thresholds.")
def list_checks(
    *,
    family: Annotated[
        str | None, typer.Option(metavar="FAMILY", help="Only the checks of this category of the grade.")
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help=CONFIG_HELP)] = None,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """List every check with its severities and the thresholds in force."""
    import sys

    from pgclinic.cli.languages import spoken_language
    from pgclinic.cli.output import columns, deliver, wants_color
    from pgclinic.cli.settings import configured
    from pgclinic.verbs.check_pages import pages

    configuration = configured(config)
    language = spoken_language(lang, configuration)
    chosen = pages(configuration, family=family)
    if form is Format.JSON:
        from pgclinic.report.check_json import encode_list

        deliver(encode_list(chosen), None)
        return
    from pgclinic.report.check_text import list_text

    deliver(list_text(chosen, width=columns(), color=wants_color(sys.stdout), language=language), None)
