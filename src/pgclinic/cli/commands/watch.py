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
from pgclinic.cli.watching import EVERY, KEEP, Every, Form, Format, Keep, deliver_report, interval_of, retention_of

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
    every: Every = EVERY,
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
    keep: Keep = KEEP,
    log: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The server's log or its folder, for true percentiles of one TARGET."),
    ] = None,
    checkup_at: Annotated[
        str, typer.Option(metavar="HH:MM", help="When each target is examined and graded; off for never.")
    ] = "03:00",
    form: Form = Format.TEXT,
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
    from pgclinic.cli.durations import hour_of, seconds_of
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
    from pgclinic.verbs.watch import watch as look
    from pgclinic.verbs.watch_beside import Beside, beside, cron_script
    from pgclinic.watch.history import History
    from pgclinic.watch.notes import Notes

    interval = interval_of(every)
    retention = retention_of(keep)
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
                    retention=retention,
                    log=log,
                    is_over=is_over,
                )
            )
    finally:
        history.close()
    deliver_report(came, form)
