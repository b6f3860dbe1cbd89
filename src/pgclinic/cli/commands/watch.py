"""``pgclinic watch``."""

from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pgclinic.cli.languages import LangOption
from pgclinic.cli.listening import (
    DEFAULT,
    AllowHost,
    AllowTreat,
    Listen,
    Operator,
    Proxy,
    TlsCert,
    TlsKey,
    TrustHeader,
    opened_door,
)

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic watch postgresql://monitor@db/shop
  pgclinic watch service=shop service=crm --every 15s --serve
  pgclinic watch service=shop --store postgresql://keeper@stats/history
  pgclinic watch service=shop --rules alerts.toml --metrics 127.0.0.1:9187
  pgclinic watch --rules alerts.toml --test-alert
  pgclinic watch service=shop --refresh
"""


class MetricsFile(StrEnum):
    """What is shipped for other programs."""

    GRAFANA = "grafana"
    PROMETHEUS = "prometheus"


class Format(StrEnum):
    """How what came of it is written."""

    TEXT = "text"
    JSON = "json"


@app.command(epilog=EXAMPLES, short_help="Watch databases and keep their history.")
def watch(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET...",
            help="URIs, conninfo strings or service names; without any as for the other verbs.",
            show_default=False,
        ),
    ] = None,
    *,
    every: Annotated[str, typer.Option(metavar="SPAN", help="Between two looks, 10s to 60s.")] = "30s",
    store: Annotated[
        str | None,
        typer.Option(
            metavar="URI",
            help="Where history is kept: sqlite:///FILE or postgresql://...; else a file in your data folder.",
        ),
    ] = None,
    duration: Annotated[
        str | None, typer.Option("--for", metavar="SPAN", help="End after so long, such as 1h; else when stopped.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Two looks and what lies between them, then end.")] = False,
    keep: Annotated[
        str, typer.Option(metavar="SPANS", help="How long samples, five minutes and hours are kept.")
    ] = "2d,35d,800d",
    log: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The server's log or its folder, for true percentiles of one TARGET."),
    ] = None,
    checkup_at: Annotated[
        str, typer.Option(metavar="HH:MM", help="When each target is examined and graded; off for never.")
    ] = "03:00",
    form: Annotated[Format, typer.Option("--format", help="How what came of it is written.")] = Format.TEXT,
    password_command: Annotated[
        str | None,
        typer.Option(metavar="COMMAND", help="A program that prints the password, such as a cloud token."),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Alerts, where they go, silences, and what is refreshed.")
    ] = None,
    print_rules: Annotated[bool, typer.Option("--print-rules", help="Print the rules that hold without one.")] = False,
    test_alert: Annotated[bool, typer.Option("--test-alert", help="Send a trial to every channel, then end.")] = False,
    metrics: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Serve metrics there, such as 127.0.0.1:9187.")
    ] = None,
    print_file: Annotated[
        MetricsFile | None, typer.Option("--print-file", help="Print a dashboard or alert rules for these metrics.")
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Keep materialized views fresh and partitions ahead. Writes.")
    ] = False,
    print_cron: Annotated[
        bool, typer.Option("--print-cron", help="Print the same as SQL for pg_cron, then end.")
    ] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Show it all on a dashboard in the browser.")] = False,
    listen: Listen = DEFAULT,
    allow_host: AllowHost = None,
    trust_header: TrustHeader = "",
    proxy: Proxy = None,
    operator: Operator = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    allow_treat: AllowTreat = False,
    lang: LangOption = None,
) -> None:
    """Watch databases for months: look, keep, compare.

    Reads only (but for --refresh), in one short transaction a look. Keeps what statements, tables and indexes gained,
    who was at work, and key figures, in a history store; alerts by rules. Ends at Ctrl-C or SIGTERM with everything
    kept.
    """
    from pgclinic.cli.durations import days_of, hour_of, seconds_of
    from pgclinic.cli.extras import demand_extra
    from pgclinic.cli.interrupts import ended_by_signal
    from pgclinic.cli.output import deliver
    from pgclinic.cli.progress import shown
    from pgclinic.cli.targets import named_targets

    demand_extra("watch", "watch")
    if print_rules or print_file or test_alert:
        from pgclinic.cli.watch_files import rules_and_files

        rules_and_files(rules, print_file.value if print_file else "", is_trial=test_alert)
        return
    from pgclinic.report.watch_text import text
    from pgclinic.verbs.watch import watch as look
    from pgclinic.verbs.watch_beside import Beside, beside, cron_script
    from pgclinic.watch.history import History
    from pgclinic.watch.looks import FASTEST_SECONDS, SLOWEST_SECONDS
    from pgclinic.watch.notes import Notes
    from pgclinic.watch.upkeep import Retention

    interval = seconds_of(every, "--every", least=FASTEST_SECONDS, most=SLOWEST_SECONDS)
    sampled, minutes, hours = days_of(keep, "--keep")
    seconds = None if duration is None else seconds_of(duration, "--for", least=1)
    named = named_targets(targets or (), password_command)
    if print_cron:
        deliver(cron_script([each.conninfo for each in named], rules), None)
        return
    dashboard: AbstractContextManager[object] = nullcontext()
    notes = Notes()
    asked = Beside(rules=rules, metrics=metrics, hosts=tuple(allow_host or ()), refresh=refresh)
    history = History(store)
    try:
        if serve:
            demand_extra("web", "watch --serve")
            from pgclinic.cli.dashboards import serving
            from pgclinic.web.watched import Watched

            door = opened_door(
                listen,
                allow_host=allow_host,
                trust_header=trust_header,
                proxy=proxy,
                operator=operator,
                tls_cert=tls_cert,
                tls_key=tls_key,
                allow_treat=allow_treat,
            )
            databases = [Watched(history, each.name, each.conninfo).database for each in named]
            dashboard = serving(door, databases, lang.value if lang else "")
        with (
            ended_by_signal() as is_over,
            dashboard,
            beside(asked, {each.name: each.conninfo for each in named}, history, notes.say) as listeners,
        ):
            came = shown(
                look(
                    named,
                    history=history,
                    interval=interval,
                    seconds=interval + 1 if once else seconds,
                    listeners=listeners,
                    notes=notes,
                    checkup_at=None if once else hour_of(checkup_at, "--checkup-at"),
                    retention=Retention(sampled_days=sampled, minutes_days=minutes, hours_days=hours),
                    log=log,
                    is_over=is_over,
                )
            )
    finally:
        history.close()
    if form is Format.JSON:
        import msgspec

        deliver(msgspec.json.encode(came).decode() + "\n", None)
    else:
        deliver(text(came), None)
