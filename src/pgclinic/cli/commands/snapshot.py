"""``pgclinic snapshot``."""

from pathlib import Path
from typing import Annotated

import typer

from pgclinic.cli.options import AllDatabases, TargetOptions, takes_server

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic snapshot postgresql://app@db/shop -o shop.pgclinic
  pgclinic snapshot -h db -U app -d shop -o shop.pgclinic --no-values
  pgclinic snapshot -h db -U app -d shop -o folder --all-databases

Exit codes: 0 written; 2 usage or connection, or a database that cannot be entered.
"""


@app.command(epilog=EXAMPLES, short_help="Save what every other verb needs to know in one file.")
@takes_server
def snapshot(
    where: TargetOptions,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")],
    no_values: Annotated[
        bool, typer.Option("--no-values", help="Leave out sampled values and the literals of definitions; redacts too.")
    ] = False,
    redact: Annotated[bool, typer.Option("--redact", help="Leave out constants and comments of statements.")] = False,
    all_databases: AllDatabases = False,
) -> None:
    """Save what every other verb needs to know of a database in one file, in one read-only pass.

    The file holds catalogs, statistics and counters; no password, and no rows beyond the samples of pg_stats.
    With --no-values no value of the data is in it; names, and the labels of enums, are the schema and stay.
    """
    from pgclinic.cli.output import deliver, demand_writable
    from pgclinic.cli.progress import shown
    from pgclinic.cli.targets import conninfo_of
    from pgclinic.model.snapshot_file import write
    from pgclinic.verbs.snapshot import snapshot as visit

    conninfo = conninfo_of(where, "snapshot")
    if all_databases:
        _write_all(conninfo, output, values=not no_values, redacted=redact)
        return
    if str(output) != "-":
        demand_writable(output)
    visited = shown(visit(conninfo, values=not no_values, redacted=redact))
    deliver(b"".join(write(visited)), None if str(output) == "-" else output)


def _write_all(conninfo: str, folder: Path, *, values: bool, redacted: bool) -> None:
    """One file a database, each as soon as it is seen, so that no two need memory at once."""
    from collections.abc import Generator

    from pgclinic.cli.files import demand_folder
    from pgclinic.cli.output import deliver, file_name, say
    from pgclinic.cli.progress import shown
    from pgclinic.cli.shell import USAGE_OR_CONNECTION
    from pgclinic.model.progress import Progress
    from pgclinic.model.snapshot import Snapshot
    from pgclinic.model.snapshot_file import write
    from pgclinic.report.printable import printable
    from pgclinic.verbs.cluster import each_database

    demand_folder(folder)

    def kept(visited: Snapshot) -> Generator[Progress, None, None]:
        yield Progress("writing")
        deliver(b"".join(write(visited)), folder / file_name(visited.server.database, "pgclinic"))

    refused = [
        visit for visit in shown(each_database(conninfo, kept, values=values, redacted=redacted)) if visit.refusal
    ]
    for visit in refused:
        say(printable(f"pgclinic: {visit.database} could not be entered: {visit.refusal}"))
    if refused:
        raise typer.Exit(USAGE_OR_CONNECTION)
