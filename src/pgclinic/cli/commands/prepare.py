"""``pgclinic prepare``."""

from pathlib import Path
from typing import Annotated

import typer

from pgclinic.cli.options import TargetOptions, takes_server

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic prepare postgresql://admin@db/shop --print-sql
  pgclinic prepare postgresql://admin@db/shop --yes \\
    --password-file monitor.txt
  pgclinic prepare postgresql://admin@db/shop --verify
  pgclinic prepare postgresql://admin@db/shop --remove --yes

The role's password is read from --password-file, from PGCLINIC_MONITOR_PASSWORD, or
asked for with --ask-password; it is never an argument and never printed, and only
its hash is sent. Without one the role gets none: set it with \\password of psql, or
let pg_hba.conf admit the role in another way.

Exit codes: 0 done and everything is seen; 1 the role could not be used, or something
stays hidden from it; 2 usage or connection.
"""


@app.command(epilog=EXAMPLES, short_help="Make a role that may look and nothing else (writes).")
@takes_server
def prepare(
    where: TargetOptions,
    *,
    role: Annotated[
        str | None, typer.Option(metavar="ROLE", help="The monitoring role's name.", show_default="pgclinic_monitor")
    ] = None,
    no_values: Annotated[
        bool, typer.Option("--no-values", help="Its helper shows statistics without the values sampled from columns.")
    ] = False,
    password_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its first line becomes the role's password; - for stdin.")
    ] = None,
    ask_password: Annotated[bool, typer.Option("--ask-password", help="Ask for the role's password.")] = False,
    print_sql: Annotated[
        bool, typer.Option("--print-sql", help="Print the statements and change nothing; for --remove too.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Change nothing; connect as the role, and say what it sees.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the helpers and the role away.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Make a monitoring role with the least rights that a full examination needs (writes).

    The role is a member of pg_monitor, may CONNECT, begins read-only, and has few connections and short timeouts.
    Schema pgclinic gets functions that show it what ANALYZE learnt and where sequences stand, also of tables that it
    may not read or that row-level security guards; they run as whoever runs this, so run it as a superuser or as the
    tables' owner. No row of a table can be read through them. Run it again after an upgrade of the server, and in
    each database. At the end the role is tried out.
    """
    import sys

    from pgclinic.cli.output import columns, deliver, wants_color
    from pgclinic.cli.passwords import monitor_password
    from pgclinic.cli.progress import shown
    from pgclinic.cli.questions import confirm
    from pgclinic.cli.targets import conninfo_of
    from pgclinic.model.errors import UserError
    from pgclinic.postgres.prepare import ROLE
    from pgclinic.report.preparation_text import done_text, script, verification_text
    from pgclinic.verbs.prepare import prepare as make
    from pgclinic.verbs.prepare import remove as take_away
    from pgclinic.verbs.prepare import verify as look

    if verify and (remove or print_sql):
        raise UserError("--verify changes nothing and stands alone; leave out --remove and --print-sql.")
    name = role or ROLE
    conninfo = conninfo_of(where, "prepare")
    color = wants_color(sys.stdout)
    if remove:
        if not (print_sql or yes):
            confirm(f"Remove role {name} and its helpers?", "--yes")
        plan = shown(take_away(conninfo, role=name, dry_run=print_sql))
        deliver(script(plan) if print_sql else done_text(plan, width=columns(), color=color, removed=True), None)
        return
    password = monitor_password(password_file, ask=ask_password and not print_sql)
    if not verify:
        if not (print_sql or yes):
            confirm(f"Make role {name} and schema pgclinic?", "--yes")
        plan = shown(make(conninfo, role=name, values=not no_values, password=password, dry_run=print_sql))
        if print_sql:
            deliver(script(plan), None)
            return
        deliver(done_text(plan, width=columns(), color=color), None)
    found = shown(look(conninfo, role=name, password=password))
    deliver(verification_text(found, width=columns(), color=color), None)
    if not found.is_complete:
        raise typer.Exit(1)
