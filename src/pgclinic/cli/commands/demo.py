"""``pgclinic demo``, ``pgclinic demo load`` and ``pgclinic demo work``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pgclinic.cli.listening import DEFAULT, Listen
from pgclinic.cli.options import TargetOptions, takes_server

EXAMPLES = """\b
Examples:
  pgclinic demo
  pgclinic demo --scale small --json result.json
  pgclinic demo --keep
  pgclinic demo --watch
  pgclinic demo load postgresql://owner@db/empty --scale small
"""

app = typer.Typer(
    name="demo",
    invoke_without_command=True,
    epilog=EXAMPLES,
    short_help="Show the whole loop on a neglected database of its own.",
)


class Scale(StrEnum):
    """How large the demo's database is."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


ScaleOption = Annotated[Scale, typer.Option(help="30,000, 300,000 or 5,000,000 calls.")]
SeedOption = Annotated[int, typer.Option(help="Of the data and of the order of the workload.")]


@app.callback()
def demo(
    context: typer.Context,
    *,
    scale: ScaleOption = Scale.MEDIUM,
    seed: SeedOption = 1,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the server running, to look around.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show the cure live on a dashboard in the browser, until Ctrl-C.")
    ] = False,
    listen: Listen = DEFAULT,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the result for machines.")] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the HTML report goes instead of into the folder.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the report and the migration.")
    ] = Path("pgclinic-demo"),
) -> None:
    """Show the whole loop on a neglected database that the demo makes, treats and measures again.

    It starts a PostgreSQL server of its own and leaves nothing running. At the default scale it takes about four
    minutes on two cores and 2 GB of disk.
    """
    if context.invoked_subcommand is not None:
        return
    import sys
    from contextlib import ExitStack

    from pgclinic.cli.files import make_folder, write_course
    from pgclinic.cli.looking_on import LookingOn
    from pgclinic.cli.output import columns, deliver, demand_writable, say, wants_color, write_file
    from pgclinic.cli.progress import shown
    from pgclinic.report import demo_html, demo_json, demo_text
    from pgclinic.verbs.demo import demo as run

    make_folder(output)
    page = report or output / "report.html"
    for file in filter(None, (page, json)):
        demand_writable(file)
    with ExitStack() as server, ExitStack() as stack:  # who looks on ends before the server does
        looking = LookingOn(stack, listen) if watch else None
        told: dict[str, Any] = {"on_loaded": looking.loaded, "on_examined": looking.examined} if looking else {}
        result = shown(run(scale=scale.value, seed=seed, keep=keep, lasting=server if watch else None, **told))
        write_course(result.course, output)
        write_file(page, demo_html.page(result).encode())
        if json is not None:
            write_file(json, demo_json.encode(result).encode())
        deliver(demo_text.text(result, width=columns(), color=wants_color(sys.stdout)), None)
        say(f"report:     {page.absolute().as_uri()}")
        if looking is not None:
            looking.stay()
        elif result.postmaster is None:
            say("The server is gone; add --keep to look around in it, or --watch to see the cure live on a dashboard.")
        if keep:
            say(f"look around: psql '{result.conninfo}'")
            say(f"stop it:     kill -INT {result.postmaster}")


@app.command()
@takes_server
def load(
    where: TargetOptions,
    *,
    scale: ScaleOption = Scale.MEDIUM,
    seed: SeedOption = 1,
) -> None:
    """Load the neglected database into an empty one of yours (writes)."""
    from pgclinic.cli.output import say
    from pgclinic.cli.progress import shown
    from pgclinic.cli.targets import conninfo_of
    from pgclinic.verbs.demo_load import load as fill

    loaded = shown(fill(conninfo_of(where, "demo load"), scale=scale.value, seed=seed))
    say(f"loaded {loaded.calls:,} calls, {loaded.bytes >> 20:,} MB in {loaded.seconds:.0f} s")


@app.command(short_help="Run the demo's workload; each write is rolled back (writes).")
@takes_server
def work(
    where: TargetOptions,
    *,
    seconds: Annotated[float, typer.Option(min=1, help="How long.")] = 60,
    connections: Annotated[int, typer.Option(min=1, max=1000, help="How many at the same time.")] = 8,
    seed: SeedOption = 1,
) -> None:
    """Run the demo's workload against a database that holds it (writes; each write is rolled back)."""
    import sys

    from pgclinic.cli.output import columns, deliver, wants_color
    from pgclinic.cli.progress import shown
    from pgclinic.cli.targets import conninfo_of
    from pgclinic.report.run_text import text
    from pgclinic.verbs.demo_work import work as run

    measured = shown(run(conninfo_of(where, "demo work"), seconds=seconds, connections=connections, seed=seed))
    deliver(text(measured, width=columns(), color=wants_color(sys.stdout)), None)
