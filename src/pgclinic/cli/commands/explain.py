"""``pgclinic explain``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pgclinic.cli.languages import LangOption
from pgclinic.cli.settings import CONFIG_HELP

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic explain dead_rows
  pgclinic explain unused_index --format markdown
  pgclinic explain n_plus_one --lang fr
"""


class Format(StrEnum):
    """How the page is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


@app.command(epilog=EXAMPLES, short_help="Explain a check and its thresholds.")
def explain(
    *,
    check: Annotated[str, typer.Argument(metavar="CHECK", help="Its name, as pgclinic list shows it.")],
    config: Annotated[Path | None, typer.Option(metavar="FILE", help=CONFIG_HELP)] = None,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
    lang: LangOption = None,
) -> None:
    """Explain a check: what it sees, why it matters, what to do, and its thresholds."""
    import sys

    from pgclinic.cli.languages import spoken_language
    from pgclinic.cli.output import columns, deliver, wants_color
    from pgclinic.cli.settings import configured
    from pgclinic.verbs.check_pages import page

    configuration = configured(config)
    language = spoken_language(lang, configuration)
    about = page(check, configuration)
    match form:
        case Format.JSON:
            from pgclinic.report.check_json import encode

            document = encode(about)
        case Format.MARKDOWN:
            from pgclinic.report.check_markdown import page_markdown

            document = page_markdown(about, language)
        case _:
            from pgclinic.report.check_text import page_text

            document = page_text(about, width=columns(), color=wants_color(sys.stdout), language=language)
    deliver(document, None)
