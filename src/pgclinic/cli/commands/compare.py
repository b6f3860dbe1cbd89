"""``pgclinic compare``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pgclinic.cli.languages import LangOption
from pgclinic.cli.options import TargetOptions, takes_two_visits
from pgclinic.cli.settings import CONFIG_HELP

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic compare monday.pgclinic friday.pgclinic
  pgclinic compare monday.pgclinic postgresql://app@db/shop
  pgclinic compare monday.json friday.json --format markdown

\b
A and B are snapshots, or reports that checkup --format json wrote; B may be a
server too. Snapshots tell more: statements, sizes, settings, schema.

Exit codes: 0 as good or better; 1 worse (a lower grade, or a finding at warning
or above that is new or has risen to it); 2 usage or connection.
"""


class Format(StrEnum):
    """How the difference is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


@app.command(epilog=EXAMPLES, short_help="Compare two visits: what got better, worse, new, cured.")
@takes_two_visits
def compare(
    where: TargetOptions,
    *,
    second: Annotated[
        str | None,
        typer.Argument(metavar="B", help="The later visit: a file, or a server in any of psql's ways; read only."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
    lang: LangOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead of on stdout.")
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help=CONFIG_HELP)] = None,
) -> None:
    """Compare two visits of a database: what got better, worse, new, cured. Reads only."""
    import sys

    from msgspec.structs import replace

    from pgclinic.cli.languages import spoken_language
    from pgclinic.cli.output import columns, deliver, demand_writable, wants_color
    from pgclinic.cli.progress import shown
    from pgclinic.cli.settings import configured
    from pgclinic.cli.targets import located, visit_file
    from pgclinic.verbs.compare import compare as look

    configuration = configured(config)
    language = spoken_language(lang, configuration)
    first = visit_file(where.target, "A")
    later = located(replace(where, target=second))
    if output is not None:
        demand_writable(output)
    result = shown(look(first, later, configuration=configuration))
    match form:
        case Format.JSON:
            from pgclinic.report.difference_json import encode

            document = encode(result)
        case Format.MARKDOWN:
            from pgclinic.report.difference_markdown import markdown

            document = markdown(result, language)
        case Format.HTML:
            from pgclinic.report.difference_html import page

            document = page(result, language)
        case _:
            from pgclinic.report.difference_text import text

            document = text(
                result, width=columns(), color=output is None and wants_color(sys.stdout), language=language
            )
    deliver(document, output)
    raise typer.Exit(1 if result.is_worse else 0)
