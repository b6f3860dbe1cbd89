"""``pgclinic stack``: plan, write, up, status and down."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pgclinic.cli.languages import LangOption
from pgclinic.cli.options import TargetOptions, takes_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgclinic.model.stack import StackPlan
    from pgclinic.model.trying import TriedPart
    from pgclinic.report.language import Language

EXAMPLES = """\b
Examples:
  pgclinic stack plan service=shop --cores 8
  pgclinic stack plan shop.pgclinic --format markdown
  pgclinic stack write shop.pgclinic -o stack
  pgclinic stack up
  pgclinic stack status
  pgclinic stack down
"""

app = typer.Typer(
    name="stack",
    no_args_is_help=True,
    epilog=EXAMPLES,
    short_help="Plan and try a pooler, a replica and a cache.",
    help="Show, write and try the parts around a database: pooler, replica, cache.",
)


class Format(StrEnum):
    """How the plan is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


CoresOption = Annotated[int | None, typer.Option(min=1, max=4096, help="Of the server, which SQL does not tell.")]
LagOption = Annotated[float, typer.Option(min=0, max=86_400, help="Seconds that a read may be old.")]


@app.command()
@takes_target
def plan(
    where: TargetOptions,
    *,
    cores: CoresOption = None,
    lag_tolerance: LagOption = 1.0,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
    lang: LangOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead of on stdout.")
    ] = None,
) -> None:
    """Show which parts would pay, and why. Reads only."""
    from pgclinic.cli.languages import spoken_language
    from pgclinic.cli.output import deliver, demand_writable
    from pgclinic.model.configuration import NOTHING_SET

    language = spoken_language(lang, NOTHING_SET)
    if output is not None:
        demand_writable(output)
    deliver(_document(_planned(where, cores, lag_tolerance), form, language, is_file=output is not None), output)


@app.command()
@takes_target
def write(
    where: TargetOptions,
    *,
    folder: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the files.")] = Path(
        "pgclinic-stack"
    ),
    cores: CoresOption = None,
    lag_tolerance: LagOption = 1.0,
    everything: Annotated[bool, typer.Option("--all", help="Also of the parts that do not pay.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
) -> None:
    """Write the files that run the parts. Reads only.

    For PgBouncer, PostgreSQL, Redis, docker compose, systemd and Kubernetes.
    """
    from pgclinic.cli.files import write_stack
    from pgclinic.model.stack import with_all_parts

    planned = _planned(where, cores, lag_tolerance)
    write_stack(with_all_parts(planned) if everything else planned, folder, may_overwrite=force)


@app.command()
def up(
    database: Annotated[str, typer.Option(metavar="NAME", help="The database that is made in it.")] = "trial",
) -> None:
    """Start the whole path on this machine, for trying."""
    from pgclinic.cli.output import say
    from pgclinic.stack.trying import up as start

    _tell(start(database))
    say("They stay until pgclinic stack down.")


@app.command()
def status() -> None:
    """Show whether each part answers; exit 1 if not."""
    from pgclinic.cli.output import say
    from pgclinic.stack.trying import status as look

    parts = look()
    if not parts:
        say("Nothing runs; start it with pgclinic stack up.")
    _tell(parts)
    raise typer.Exit(0 if parts and all(part.is_healthy for part in parts) else 1)


@app.command()
def down() -> None:
    """Stop what up has started, and remove its files."""
    from pgclinic.cli.output import say
    from pgclinic.stack.trying import down as stop

    stopped = stop()
    say(f"stopped {', '.join(part.name for part in stopped)}" if stopped else "Nothing ran.")


def _tell(parts: "Sequence[TriedPart]") -> None:
    import sys

    from pgclinic.cli.output import columns, deliver, wants_color
    from pgclinic.report.tried_text import text

    if parts:
        deliver(text(parts, width=columns(), color=wants_color(sys.stdout)), None)


def _planned(where: TargetOptions, cores: int | None, lag_tolerance: float) -> "StackPlan":
    from pgclinic.cli.progress import shown
    from pgclinic.cli.targets import seen
    from pgclinic.verbs.stack_plan import stack_plan

    return shown(stack_plan(seen(where), cores=cores, lag_tolerance=lag_tolerance))


def _document(planned: "StackPlan", form: Format, language: "Language", *, is_file: bool) -> str:
    match form:
        case Format.JSON:
            from pgclinic.report.stack_json import encode

            return encode(planned, language)
        case Format.MARKDOWN:
            from pgclinic.report.stack_markdown import markdown

            return markdown(planned, language)
        case _:
            import sys

            from pgclinic.cli.output import columns, wants_color
            from pgclinic.report.stack_text import text

            return text(planned, width=columns(), color=not is_file and wants_color(sys.stdout), language=language)
