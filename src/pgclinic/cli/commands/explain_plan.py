"""``pgclinic explain-plan``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()

EXAMPLES = """\b
Examples:
  psql -XAtc "explain (analyze, buffers) select ..." shop > plan.txt
  pgclinic explain-plan plan.txt
  pgclinic explain-plan plan.json --format html -o plan.html
  pgclinic explain-plan plan.txt --query slow.sql --target shop.pgclinic
  grep -A60 "plan:" postgresql.log | pgclinic explain-plan -
"""


class Format(StrEnum):
    """How it is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


@app.command("explain-plan", epilog=EXAMPLES)
def explain_plan(
    plan: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|-",
            help="What EXPLAIN printed, as text or JSON, out of psql or a log; - reads it from stdin.",
        ),
    ],
    *,
    target: Annotated[
        str | None,
        typer.Option(metavar="TARGET", help="A URI, a conninfo string, a service name or a snapshot file."),
    ] = None,
    query: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The statement of the plan, where the plan does not tell it.")
    ] = None,
    number: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Which plan, where there are several; else the slowest.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead of on stdout.")
    ] = None,
) -> None:
    """Show where a plan's time went, and what to do about it.

    Reads EXPLAIN's text and JSON, with and without ANALYZE and BUFFERS. With a target, a PostgreSQL of pgclinic's own
    that has its schema and statistics plans the statement with the indexes that might help.
    """
    from pgclinic.cli.files import read_plan, read_query
    from pgclinic.cli.options import TargetOptions
    from pgclinic.cli.output import columns, deliver, demand_writable, wants_color
    from pgclinic.cli.progress import shown
    from pgclinic.cli.targets import seen
    from pgclinic.model.errors import UserError
    from pgclinic.verbs.explain_plan import explain_plan as aloud

    if output is not None:
        demand_writable(output)
    if query is not None and str(query) == str(plan) == "-":
        raise UserError("The plan and the query cannot both come from stdin; put one of them into a file.")
    text = read_plan(plan)
    asked = read_query(query) if query is not None else None
    snapshot = seen(TargetOptions(target=target)) if target is not None else None
    reading = shown(aloud(text, number=number, snapshot=snapshot, query=asked))
    match form:
        case Format.JSON:
            from pgclinic.report.plan_reading_json import encode

            document = encode(reading)
        case Format.MARKDOWN:
            from pgclinic.report.plan_reading_markdown import markdown

            document = markdown(reading)
        case Format.HTML:
            from pgclinic.report.plan_reading_html import page

            document = page(reading)
        case _:
            import sys

            from pgclinic.report.plan_reading_text import text as written

            document = written(reading, width=columns(), color=output is None and wants_color(sys.stdout))
    deliver(document, output)
