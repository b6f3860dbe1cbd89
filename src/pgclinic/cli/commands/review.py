"""``pgclinic review``."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pgclinic.cli.languages import LangOption
from pgclinic.cli.settings import CONFIG_HELP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgclinic.model.review import Review
    from pgclinic.model.snapshot import Snapshot
    from pgclinic.report.language import Language

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic review 0007_orders.sql
  pgclinic review 0007_orders.sql shop.pgclinic
  pgclinic review migrations/*.sql postgresql://app@db/shop --fail-on notice
  pgclinic review 0007_orders.sql shop.pgclinic --format sarif -o review.sarif
  cat 0007_orders.sql | pgclinic review - shop.pgclinic --single-transaction

\b
What ends in .sql, and -, is the migration; the files are run in their order.
One other argument may be the database that it is for. Without it they are run
on an empty schema of the newest PostgreSQL that this machine has.
A comment before a statement keeps rules silent about it:
  -- pgclinic: ignore no_lock_timeout
docs/review.md tells of the rules, the pre-commit hook and the GitHub Action.

Exit codes: 0 nothing at --fail-on or above; 1 an objection at or above it; 2
usage or connection.
"""


class Format(StrEnum):
    """How the review is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"


class Least(StrEnum):
    """What ends with exit code 1."""

    INFO = "info"
    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"
    NEVER = "never"


@app.command(epilog=EXAMPLES)
def review(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE.sql ... [TARGET]", help="Migrations, and the database or snapshot they are for."),
    ],
    *,
    fail_on: Annotated[Least, typer.Option(help="Exit with 1 for an objection of this severity or above.")] = (
        Least.WARNING
    ),
    single_transaction: Annotated[
        bool, typer.Option("--single-transaction", "-1", help="Each file is run in a transaction, as its tool does.")
    ] = False,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="Rules to leave out, with commas; may be repeated.")
    ] = None,
    workload: Annotated[
        Path | None,
        typer.Option(metavar="DIR|FILE", help="Statements to plan, instead of pg_stat_statements."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
    lang: LangOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead of on stdout.")
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help=CONFIG_HELP)] = None,
) -> None:
    """Examine a migration before it is run. Reads only.

    Every statement is run on a private server with the schema of your database and none of its rows: does it run, what
    does it lock and for how long, what fails only later, and does the planner want its indexes. Nothing of the
    migration reaches your server.
    """
    from pgclinic.cli import settings
    from pgclinic.cli.files import read_migrations, read_script
    from pgclinic.cli.languages import spoken_language
    from pgclinic.cli.output import deliver, demand_writable
    from pgclinic.cli.progress import shown
    from pgclinic.cli.verdicts import review_exit_code
    from pgclinic.verbs.review import review as examine
    from pgclinic.verbs.review import rules_named

    spoken = spoken_language(lang, settings.configured(config))
    unwanted = rules_named(ignore or ())
    if output is not None:
        demand_writable(output)
    migrations, target = _sorted(files)
    texts = read_migrations(migrations)
    script = read_script(workload) if workload is not None else None
    snapshot = _seen(target) if target is not None else None
    result = shown(examine(texts, snapshot, script=script, single_transaction=single_transaction, ignore=unwanted))
    deliver(_document(result, form, spoken, is_file=output is not None), output)
    raise typer.Exit(review_exit_code(result, str(fail_on)))


def _sorted(arguments: "Sequence[str]") -> tuple[list[str], str | None]:
    """The migrations in their order, and the target. Raises UserError where they cannot be told apart."""
    from pgclinic.model.errors import UserError

    migrations = [each for each in arguments if each == "-" or each.lower().endswith(".sql")]
    others = [each for each in arguments if each not in migrations]
    if not migrations:
        raise UserError("There is no migration to review; give a file that ends in .sql, or - for stdin.")
    if len(others) > 1:
        raise UserError(
            f"review takes one database, and {others[0]!r} and {others[1]!r} are two; "
            "a migration's name has to end in .sql."
        )
    return migrations, others[0] if others else None


def _seen(target: str) -> "Snapshot":
    from pgclinic.cli.options import TargetOptions
    from pgclinic.cli.targets import seen

    return seen(TargetOptions(target=target))


def _document(result: "Review", form: Format, language: "Language", *, is_file: bool) -> str:
    match form:
        case Format.JSON:
            from pgclinic.report.review_json import encode

            return encode(result, language)
        case Format.MARKDOWN:
            from pgclinic.report.review_markdown import markdown

            return markdown(result, language)
        case Format.SARIF:
            from pgclinic.report.review_sarif import encode as encode_sarif

            return encode_sarif(result, language)
        case _:
            import sys

            from pgclinic.cli.output import columns, wants_color
            from pgclinic.report.review_text import text

            return text(result, width=columns(), color=not is_file and wants_color(sys.stdout), language=language)
