"""``pgclinic whatif``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pgclinic.cli.options import TargetOptions, takes_target

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic whatif shop.pgclinic --ddl "create index on orders (customer_id)"
  pgclinic whatif shop.pgclinic --drop orders_note_idx --query slow.sql
  echo "select * from orders where customer_id = 7" |
    pgclinic whatif postgresql://app@db/shop --query - \\
      --ddl "create index on orders (customer_id) include (total)"
"""


class Format(StrEnum):
    """How the answer is written."""

    TEXT = "text"
    JSON = "json"


@app.command(epilog=EXAMPLES)
@takes_target
def whatif(
    where: TargetOptions,
    *,
    ddl: Annotated[
        list[str] | None,
        typer.Option(metavar="SQL", help="CREATE INDEX or DROP INDEX statements to try; may be repeated."),
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="An index to plan without; may be repeated.")
    ] = None,
    query: Annotated[
        Path | None, typer.Option(metavar="FILE|-", help="A query whose plans are shown; - reads it from stdin.")
    ] = None,
    workload: Annotated[
        Path | None,
        typer.Option(metavar="DIR|FILE", help="Statements to plan, instead of pg_stat_statements."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
) -> None:
    """Show what an index would change before it is built. Reads only.

    Plans before and after are made by a PostgreSQL of pgclinic's own that has the database's schema and statistics and
    none of its rows. Costs are the planner's, not times; sizes are estimated.
    """
    import sys

    from pgclinic.cli.files import read_query, read_script
    from pgclinic.cli.output import columns, deliver, wants_color
    from pgclinic.cli.progress import shown
    from pgclinic.cli.targets import seen
    from pgclinic.model.errors import UserError
    from pgclinic.verbs.whatif import whatif as compare

    if not ddl and not drop:
        raise UserError("There is nothing to try; give an index with --ddl or the name of one with --drop.")
    asked = read_query(query) if query is not None else None
    script = read_script(workload) if workload is not None else None
    answer = shown(compare(seen(where), ddl=tuple(ddl or ()), drop=tuple(drop or ()), query=asked, script=script))
    if form is Format.JSON:
        from pgclinic.report.whatif_json import encode

        deliver(encode(answer), None)
        return
    from pgclinic.report.whatif_text import text

    deliver(text(answer, width=columns(), color=wants_color(sys.stdout)), None)
