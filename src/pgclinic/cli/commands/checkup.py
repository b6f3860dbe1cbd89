"""``pgclinic checkup``."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pgclinic.cli.languages import LangOption
from pgclinic.cli.options import AllDatabases, TargetOptions, takes_target
from pgclinic.cli.settings import CONFIG_HELP

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from pgclinic.model.checkup import Checkup
    from pgclinic.model.cluster import DatabaseVisit
    from pgclinic.model.prescription import Course
    from pgclinic.model.progress import Progress
    from pgclinic.model.snapshot import Snapshot
    from pgclinic.report.language import Language

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic checkup postgresql://app@db/shop
  pgclinic checkup shop.pgclinic --format html -o checkup.html --lang fr
  pgclinic checkup service=shop --fail-below B --ignore unused_index
  pgclinic checkup service=shop --plan --only indexes,dead_rows
  pgclinic checkup service=shop --write-baseline known.txt
  pgclinic checkup service=shop --baseline known.txt
  pgclinic checkup -h db -U monitor -d shop --all-databases

\b
What is ignored or known is not listed and not counted for the exit code,
but still counts in the grade. In pgclinic.toml, or under [tool.pgclinic] in
pyproject.toml, may stand only, ignore, fail-below, format, lang, baseline,
and thresholds:
  [checks.dead_rows]
  notable_share = 0.2
Options stand above variables (PGCLINIC_ONLY, PGCLINIC_FAIL_BELOW, ...), and
these above the file.

Exit codes: 0 clean; 1 a finding at warning or above (with --fail-below: a grade
below that letter instead); 2 usage or connection, or, with nothing worse, a
database of --all-databases that cannot be entered.
"""


class Format(StrEnum):
    """How the checkup is written."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    MARKDOWN = "markdown"
    SARIF = "sarif"


_ENDINGS = {
    Format.TEXT: "txt",
    Format.JSON: "json",
    Format.HTML: "html",
    Format.MARKDOWN: "md",
    Format.SARIF: "sarif",
}


@app.command(epilog=EXAMPLES)
@takes_target
def checkup(
    where: TargetOptions,
    *,
    form: Annotated[
        Format | None, typer.Option("--format", help="How it is written; text by default.", show_default=False)
    ] = None,
    lang: LangOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead of on stdout.")
    ] = None,
    fail_below: Annotated[
        str | None, typer.Option(metavar="GRADE", help="Exit with 1 when the grade is below this letter, such as B-.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAMES", help="Only these checks, families or findings (a,b); may be repeated."),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="NAMES", help="Do not list these checks, families or findings; may be repeated."),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Findings that are known: not listed again.")
    ] = None,
    write_baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Make what is found known; comments in the file stay.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan/--no-plan", help="Also plan which indexes are missing; takes some seconds.")
    ] = False,
    confirm_bloat: Annotated[
        bool,
        typer.Option(
            "--confirm-bloat", help="Look into tables that seem bloated with pgstattuple: reads their newer pages."
        ),
    ] = False,
    all_databases: AllDatabases = False,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help=CONFIG_HELP)] = None,
) -> None:
    """Grade a database A to F and say what is wrong with it. Reads only."""
    from pgclinic.cli import baselines, settings
    from pgclinic.cli.languages import spoken_language
    from pgclinic.cli.output import deliver, demand_writable
    from pgclinic.cli.progress import shown
    from pgclinic.cli.targets import conninfo_of, seen
    from pgclinic.cli.verdicts import checkup_exit_code, threshold
    from pgclinic.model.baseline import Baseline
    from pgclinic.model.errors import UserError
    from pgclinic.verbs.checkup import checkup as examine
    from pgclinic.verbs.selecting import selected

    configuration = settings.configured(config)
    form = settings.choice(form, "PGCLINIC_FORMAT", (configuration.format, configuration.source), Format.TEXT)
    spoken = spoken_language(lang, configuration)
    lowest = threshold(
        *settings.text(fail_below, "PGCLINIC_FAIL_BELOW", configuration.fail_below, source=configuration.source)
    )
    wanted = settings.names(only, "PGCLINIC_ONLY", configuration.only)
    unwanted = settings.names(ignore, "PGCLINIC_IGNORE", configuration.ignore)
    selected(wanted, unwanted)  # a mistyped name is said before the database is visited
    known_in = settings.path(baseline, "PGCLINIC_BASELINE", configuration.baseline)
    known = Baseline() if known_in is None else baselines.read_baseline(known_in)
    if write_baseline is not None:
        demand_writable(write_baseline)
        known = baselines.joined(known, write_baseline)

    def told(snapshot: "Snapshot", course: "Course | None" = None) -> "Generator[Progress, None, Checkup]":
        return examine(
            snapshot, only=wanted, ignore=unwanted, configuration=configuration, baseline=known, course=course
        )

    def examined(snapshot: "Snapshot") -> "Generator[Progress, None, Checkup]":
        if not plan:
            return told(snapshot)
        from pgclinic.verbs.planned_checkup import planned_checkup

        return planned_checkup(snapshot, told)

    if all_databases:
        if write_baseline is not None or confirm_bloat:
            option = "--confirm-bloat" if write_baseline is None else "--write-baseline"
            raise UserError(f"{option} is of one database; leave out --all-databases.")
        _examine_all(where, examined, form, output, lowest, spoken)
    if output is not None:
        demand_writable(output)
    snapshot = seen(where)
    if confirm_bloat:
        from pgclinic.verbs.confirming import CHECK, confirmed

        snapshot = shown(confirmed(conninfo_of(where, "checkup --confirm-bloat"), snapshot, configuration.of(CHECK)))
    result = shown(examined(snapshot))
    deliver(_document(result, form, spoken, is_file=output is not None), output)
    if write_baseline is not None:
        baselines.write_baseline(write_baseline, known, result)
        return
    raise typer.Exit(checkup_exit_code(result, lowest))


def _document(result: "Checkup", form: Format, language: "Language", *, is_file: bool) -> str:
    match form:
        case Format.JSON:
            from pgclinic.report.checkup_json import encode

            return encode(result, language)
        case Format.HTML:
            from pgclinic.report.checkup_html import page

            return page(result, language)
        case Format.MARKDOWN:
            from pgclinic.report.checkup_markdown import markdown

            return markdown(result, language)
        case Format.SARIF:
            from pgclinic.report.checkup_sarif import encode as encode_sarif

            return encode_sarif(result, language)
        case _:
            import sys

            from pgclinic.cli.output import columns, wants_color
            from pgclinic.report.checkup_text import text

            return text(result, width=columns(), color=not is_file and wants_color(sys.stdout), language=language)


def _examine_all(
    where: TargetOptions,
    examined: "Callable[[Snapshot], Generator[Progress, None, Checkup]]",
    form: Format,
    folder: Path | None,
    lowest: str | None,
    language: "Language",
) -> NoReturn:
    """Examine every database: texts one after another and a line each, JSON as one document, or a file each."""
    from pgclinic.cli.files import demand_folder
    from pgclinic.cli.output import deliver, file_name
    from pgclinic.cli.progress import shown
    from pgclinic.cli.shell import USAGE_OR_CONNECTION
    from pgclinic.cli.targets import conninfo_of
    from pgclinic.cli.verdicts import checkup_exit_code
    from pgclinic.model.errors import UserError
    from pgclinic.verbs.cluster import each_database

    if folder is None and form not in {Format.TEXT, Format.JSON}:
        raise UserError(f"--all-databases writes one {form.value} file a database; give a folder with -o.")
    conninfo = conninfo_of(where, "checkup --all-databases")
    if folder is not None:
        demand_folder(folder)
    visits = shown(each_database(conninfo, examined))
    for visit in visits:
        if visit.result is not None and (folder is not None or form is Format.TEXT):
            written = _document(visit.result, form, language, is_file=folder is not None)
            deliver(written, None if folder is None else folder / file_name(visit.database, _ENDINGS[form]))
    deliver(_together(visits, form, language, is_file=folder is not None), None)
    codes = [checkup_exit_code(visit.result, lowest) for visit in visits if visit.result is not None]
    raise typer.Exit(max(codes, default=0) or (USAGE_OR_CONNECTION if len(codes) < len(visits) else 0))


def _together(visits: "Sequence[DatabaseVisit[Checkup]]", form: Format, language: "Language", *, is_file: bool) -> str:
    """All in one document: JSON on stdout, for people a line each."""
    if form is Format.JSON and not is_file:
        from pgclinic.report.cluster_json import encode

        return encode(visits)
    import sys

    from pgclinic.cli.output import columns, wants_color
    from pgclinic.report.cluster_text import summary

    return summary(visits, width=columns(), color=wants_color(sys.stdout), language=language)
