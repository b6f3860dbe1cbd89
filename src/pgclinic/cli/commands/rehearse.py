"""``pgclinic rehearse``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pgclinic.cli.options import TargetOptions, takes_target

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic rehearse shop.pgclinic --seconds 2
  pgclinic rehearse shop.pgclinic --scale 0.5 --workload queries --repeat 20
  pgclinic rehearse service=shop --seconds 2 --format html > rehearsal.html
"""


class Format(StrEnum):
    """How it is written."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


@app.command(epilog=EXAMPLES, short_help="Try a treatment on synthetic rows, on a private server.")
@takes_target
def rehearse(
    where: TargetOptions,
    *,
    prescription: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|DIR", help="What prescribe -o wrote; without it what prescribe would write is tried."
        ),
    ] = None,
    workload: Annotated[
        Path | None, typer.Option(metavar="DIR|FILE", help="What to run instead of pg_stat_statements.")
    ] = None,
    log: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE|DIR", help="Run what a server's log holds, with the values it has there."),
    ] = None,
    scale: Annotated[
        float,
        typer.Option(
            min=0.000001, max=1, metavar="SHARE", help="Share of the rows; tables of up to 1,000 rows are taken whole."
        ),
    ] = 0.1,
    max_rows: Annotated[
        int, typer.Option(min=1, metavar="N", help="Rows in all; the scale is lowered to stay below.")
    ] = 2_000_000,
    max_size: Annotated[
        str,
        typer.Option(metavar="SIZE", help="Disk in all, and never more than half of what is free; lowers the scale."),
    ] = "2GB",
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="Of measuring each copy; 30 unless --repeat is given.")
    ] = None,
    repeat: Annotated[int | None, typer.Option(min=1, help="How often to run each statement.")] = None,
    connections: Annotated[int, typer.Option(min=1, max=100, help="How many at the same time.")] = 2,
    seed: Annotated[int, typer.Option(help="Of rows, order and parameters.")] = 1,
    include_writes: Annotated[
        bool, typer.Option("--include-writes", help="Also run statements that write, on the synthetic rows only.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the server running, to look around.")] = False,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it.")] = None,
) -> None:
    """Try a treatment on a mannequin: a private server with synthetic rows drawn from statistics. Reads only.

    One copy is treated, another is not, and the workload is run on both in turns. No row of yours is copied, only
    what ANALYZE kept of them is used; times are those of synthetic rows. The server is gone afterwards.
    """
    import sys

    from pgclinic.cli.files import read_course, read_script
    from pgclinic.cli.output import columns, deliver, demand_writable, say, wants_color
    from pgclinic.cli.progress import shown
    from pgclinic.cli.quantities import sizes
    from pgclinic.cli.targets import seen
    from pgclinic.model.workload import Load
    from pgclinic.report import rehearsal_html, rehearsal_json, rehearsal_text
    from pgclinic.verbs.rehearse import rehearse as run
    from pgclinic.workload.logs import read_logs

    if output is not None:
        demand_writable(output)
    course = read_course(prescription) if prescription is not None else None
    script = read_script(workload) if workload is not None else None
    (most_bytes,) = sizes([max_size])
    result = shown(
        run(
            seen(where),
            course=course,
            script=script,
            seen=read_logs(log) if log else None,
            scale=scale,
            seed=seed,
            most_rows=max_rows,
            most_bytes=most_bytes,
            load=Load(seconds=seconds, repeat=repeat, connections=connections, include_writes=include_writes),
            keep=keep,
        )
    )
    match form:
        case Format.JSON:
            deliver(rehearsal_json.encode(result), output)
        case Format.HTML:
            deliver(rehearsal_html.page(result), output)
        case Format.TEXT:
            color = wants_color(sys.stdout) and output is None
            deliver(rehearsal_text.text(result, width=columns() if output is None else 80, color=color), output)
    if result.postmaster is not None:
        say(f"untreated:   psql '{result.conninfo}'")
        say(f"treated:     psql '{result.treated}'")
        say(f"stop it:     kill -INT {result.postmaster}")
