"""``pgclinic prescribe``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pgclinic.cli.options import TargetOptions, Until, takes_target

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic prescribe postgresql://app@db/shop -o treatment
  pgclinic prescribe service=shop -o treatment --migrations alembic
  pgclinic prescribe shop.pgclinic --workload queries/ --budget 1GB
  pgclinic prescribe shop.pgclinic --budget 100MB,1GB --format html > a.html
  pgclinic prescribe shop.pgclinic --kinds btree,partial --exclude audit
  pgclinic prescribe shop.pgclinic --log postgresql.csv --explain-rejected
  pgclinic prescribe shop.pgclinic --only index
  pgclinic prescribe shop.pgclinic --skip drop_index --max-risk low --when now
"""


class Format(StrEnum):
    """How the prescription is written on stdout."""

    TEXT = "text"
    SQL = "sql"
    JSON = "json"
    HTML = "html"


class MostRisk(StrEnum):
    """How risky a treatment may be."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Objective(StrEnum):
    """What is made small."""

    TIME = "time"
    COST = "cost"


@app.command(epilog=EXAMPLES)
@takes_target
def prescribe(
    where: TargetOptions,
    *,
    workload: Annotated[
        Path | None,
        typer.Option(metavar="DIR|FILE", help="Statements to plan for, instead of pg_stat_statements."),
    ] = None,
    log: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE|DIR", help="A server log to take statements' values from; may be repeated."),
    ] = None,
    sample: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Watch the server so long and take values from what runs."),
    ] = None,
    budget: Annotated[
        list[str] | None,
        typer.Option(metavar="SIZE", help="Disk that new indexes may take, such as 1GB; several, such as 100MB,1GB."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="Only these kinds of treatment, such as index or drop_index."),
    ] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="KIND", help="None of these kinds of treatment.")] = None,
    max_risk: Annotated[
        MostRisk,
        typer.Option(help="Nothing riskier: low is taken back in an instant, high moves data or needs a restart."),
    ] = MostRisk.HIGH,
    when: Annotated[
        Until,
        typer.Option(help="Nothing for later: now is SQL alone, week changes the application, month is a project."),
    ] = Until.MONTH,
    kinds: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="Kinds of index: btree, covering, partial, expression, gin, gist ..."),
    ] = None,
    max_width: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=32, help="Columns that an index may have as keys.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="TABLE", help="No index on this table; may be repeated.")
    ] = None,
    max_indexes_per_table: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Indexes that a table may have, existing ones included.")
    ] = None,
    min_gain: Annotated[
        str | None, typer.Option(metavar="SHARE", help="What an index must save of the workload, such as 1%.")
    ] = None,
    objective: Annotated[
        Objective,
        typer.Option(help="Make small each statement's share of time by its planned cost, or the sum of all costs."),
    ] = Objective.TIME,
    time_limit: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0, help="Search no longer; the answer then depends on the machine."),
    ] = None,
    explain_rejected: Annotated[
        bool, typer.Option("--explain-rejected", help="Say why other candidates were not chosen.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Write up.sql, down.sql, prescription.json and prescription.html there.",
        ),
    ] = None,
    migrations: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TOOL",
            help="With -o: migrations for sql, supabase, alembic, flyway, django, rails, atlas or dbmate as well.",
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TEXT,
) -> None:
    """Write the treatment as one plan, with its way back. Reads only.

    Indexes for the workload, what else makes it cheaper, in the database or in the application, and whatever cures a
    finding of checkup with plain SQL: what can be done now first, then this week, then this month. Everything is
    planned by a PostgreSQL of pgclinic's own that has the database's schema and statistics and none of its rows; gains
    are planner costs, not times. With several budgets it tells what each would buy, and prescribes for the largest.
    """
    import sys
    from itertools import chain

    from pgclinic.cli.choices import aims_of, excluding, kinds_of, latest_of, limits_of, tools_of
    from pgclinic.cli.files import demand_folder, read_script, write_course, write_migrations
    from pgclinic.cli.output import columns, deliver, wants_color
    from pgclinic.cli.progress import shown
    from pgclinic.cli.quantities import sizes
    from pgclinic.cli.targets import conninfo_of, seen
    from pgclinic.model.prescription import Risk
    from pgclinic.verbs.prescribe import prescribe as advise
    from pgclinic.verbs.sample import sample as watch
    from pgclinic.workload.logs import read_logs

    treatments = kinds_of(only, skip)
    budgets = sizes(budget or ())
    limits = limits_of(kinds=kinds, max_width=max_width)
    aims = aims_of(objective, min_gain=min_gain, max_per_table=max_indexes_per_table, seconds=time_limit)
    script = read_script(workload) if workload is not None else None
    tools = tools_of(migrations, output)
    if output is not None:
        demand_folder(output)
    snapshot = seen(where)
    limits = excluding(limits, exclude or (), snapshot)
    caught = shown(watch(conninfo_of(where, "prescribe --sample"), sample)) if sample is not None else ()
    course = shown(
        advise(
            snapshot,
            script=script,
            seen=chain(read_logs(log) if log else (), caught) if log or caught else None,
            budgets=budgets,
            limits=limits,
            aims=aims,
            names_rejected=explain_rejected,
            kinds=treatments,
            most_risk=Risk[max_risk.name],
            latest=latest_of(when),
        )
    )
    if output is not None:
        write_course(course, output)
        for tool in tools:
            write_migrations(course, output, tool)
    match form:
        case Format.JSON:
            from pgclinic.report.course_json import encode

            deliver(encode(course), None)
        case Format.SQL:
            from pgclinic.report.course_sql import up

            deliver(up(course), None)
        case Format.HTML:
            from pgclinic.report.course_html import page

            deliver(page(course), None)
        case Format.TEXT:
            from pgclinic.report.course_text import text

            deliver(text(course, width=columns(), color=wants_color(sys.stdout)), None)
