"""``pgclinic prove``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pgclinic.cli.options import TargetOptions, takes_server

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic prove service=shop --workload queries --repeat 50 \\
    --save before.json
  pgclinic prove service=shop --workload queries --repeat 50 \\
    --against before.json
  pgclinic prove service=shop --from-statements --minutes 2 --rate 50
  pgclinic prove service=shop --from-statements --repeat 5 \\
    --beside service=copy

\b
A workload is a folder of SQL files, one task a file, or one such file:
  -- name: orders of a customer
  -- parameters: select id from customers order by id limit 100
  select * from orders where customer_id = $1 order by id desc limit 20;
"""


class Format(StrEnum):
    """How the measurement is written."""

    TEXT = "text"
    JSON = "json"


@app.command(epilog=EXAMPLES, short_help="Measure a workload (writes only with --include-writes).")
@takes_server
def prove(
    where: TargetOptions,
    *,
    workload: Annotated[Path | None, typer.Option(metavar="DIR|FILE", help="What to run.")] = None,
    from_log: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Run what a server's log holds, with the values it has there; repeatable."),
    ] = None,
    from_statements: Annotated[
        bool,
        typer.Option("--from-statements", help="Run pg_stat_statements, with values drawn from column statistics."),
    ] = False,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="How long to run; 30 unless --repeat is given.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(min=0.01, help="The same in minutes.")] = None,
    repeat: Annotated[int | None, typer.Option(min=1, help="How often to run each task of weight 1.")] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            metavar="N",
            help="Begin N tasks a second whether the server keeps up or not (open loop); else each connection asks "
            "when it has its answer.",
        ),
    ] = None,
    connections: Annotated[int, typer.Option(min=1, max=1000, help="How many at the same time.")] = 8,
    seed: Annotated[int, typer.Option(help="Of the order of tasks and parameters.")] = 1,
    save: Annotated[Path | None, typer.Option(metavar="RUN", help="Keep this run in a file.")] = None,
    against: Annotated[Path | None, typer.Option(metavar="RUN", help="Compare with a run kept before.")] = None,
    beside: Annotated[
        str | None,
        typer.Option(
            metavar="TARGET2",
            help="Measure this database too, such as a treated copy, in turns with TARGET, and compare the two.",
        ),
    ] = None,
    include_writes: Annotated[
        bool, typer.Option("--include-writes", help="Also run statements that write; each is rolled back.")
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
) -> None:
    """Measure a workload: P50, P95 and P99 of every statement (writes only with --include-writes).

    Without that everything runs READ ONLY; with it each write is rolled back.
    """
    import sys

    from pgclinic.cli.files import read_run, write_run
    from pgclinic.cli.output import columns, deliver, demand_writable, wants_color
    from pgclinic.cli.progress import shown
    from pgclinic.cli.targets import conninfo_of
    from pgclinic.cli.workloads import chosen_workload
    from pgclinic.grading.proving import compare
    from pgclinic.model.errors import UserError
    from pgclinic.model.workload import Load
    from pgclinic.report import run_json, run_text
    from pgclinic.verbs.ledger import book, book_beside, ledger_path
    from pgclinic.verbs.prove import prove as measure
    from pgclinic.verbs.prove import prove_both

    seconds = seconds if minutes is None else 60 * minutes
    if beside is not None and (against is not None or save is not None):
        raise UserError("--beside measures two databases at once; leave out --against and --save.")
    earlier = read_run(against) if against is not None else None
    if save is not None:
        demand_writable(save)
    conninfo = conninfo_of(where, "prove")
    other = conninfo_of(TargetOptions(target=beside), "prove --beside") if beside is not None else None
    script = chosen_workload(where, workload, from_log or [], from_statements=from_statements)
    load = Load(
        seconds=seconds,
        repeat=repeat,
        connections=connections,
        seed=seed,
        rate=rate,
        include_writes=include_writes,
        leave_out_failing=workload is None,
    )
    if other is not None:
        earlier, run = shown(prove_both(conninfo, other, script, load))
    else:
        run = shown(measure(conninfo, script, load))
    if save is not None:
        write_run(run, save)
    color = wants_color(sys.stdout)
    if earlier is None:
        deliver(run_json.encode(run) if form is Format.JSON else run_text.text(run, width=columns(), color=color), None)
        return
    proof = compare(earlier, run)
    path = ledger_path()
    booked = shown(book_beside(conninfo, other, proof, path) if other else book(conninfo, proof, path))
    if form is Format.JSON:
        deliver(run_json.encode_proof(proof, booked), None)
    else:
        deliver(run_text.proof_text(proof, booked, width=columns(), color=color), None)
