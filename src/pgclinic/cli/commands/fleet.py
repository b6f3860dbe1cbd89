"""``pgclinic fleet``."""

from pathlib import Path
from typing import Annotated

import typer

from pgclinic.cli.listening import AllowHost
from pgclinic.cli.watching import EVERY, KEEP, Every, Form, Format, Keep, deliver_report, interval_of, retention_of

app = typer.Typer()

EXAMPLES = """\b
Examples:
  pgclinic fleet --store postgresql://keeper@stats/history service=shop
  pgclinic fleet --store postgresql://keeper@stats/history --at-once 500
  pgclinic fleet --store postgresql://keeper@stats/history --rules alerts.toml
"""


@app.command(epilog=EXAMPLES, short_help="Watch many databases with several workers.")
def fleet(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET...",
            help="Databases to add, without passwords; without any, those that the store knows.",
            show_default=False,
        ),
    ] = None,
    *,
    store: Annotated[
        str, typer.Option(metavar="URI", help="Where history and queue are: postgresql://user@host/database.")
    ],
    every: Every = EVERY,
    at_once: Annotated[
        int, typer.Option(metavar="NUMBER", min=1, max=2000, help="Databases that this worker watches at once.")
    ] = 200,
    shift: Annotated[
        str, typer.Option(metavar="SPAN", help="How long it watches one before whoever is free goes on.")
    ] = "5min",
    keep: Keep = KEEP,
    checkup_at: Annotated[
        str, typer.Option(metavar="HH:MM", help="When each is examined and graded, in UTC; off for never.")
    ] = "03:00",
    rules: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Alerts, where they go, silences; the same for every worker.")
    ] = None,
    metrics: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Serve this worker's metrics there.")] = None,
    allow_host: AllowHost = None,
    form: Form = Format.TEXT,
) -> None:
    """Watch many databases together with other workers.

    Start it as often as you like, on as many machines as it takes: workers share the databases through a queue in the
    store, take over from one that died within a minute, and tell each alert once. Reads only. Ends at Ctrl-C or
    SIGTERM.
    """
    from pgclinic.cli.durations import hour_of, seconds_of
    from pgclinic.cli.extras import demand_extra
    from pgclinic.cli.interrupts import ended_by_signal
    from pgclinic.cli.progress import shown
    from pgclinic.model.errors import UserError

    demand_extra("fleet", "fleet")
    from pgclinic.verbs.targets import Live, resolve
    from pgclinic.verbs.watch import watch_target
    from pgclinic.verbs.watch_beside import Beside, beside
    from pgclinic.verbs.watch_fleet import watch_fleet
    from pgclinic.watch.fleet import Pace, registered
    from pgclinic.watch.history import History
    from pgclinic.watch.notes import Notes

    interval = interval_of(every)
    pace = Pace(
        shift_seconds=seconds_of(shift, "--shift", least=2 * interval, most=86_400), interval=interval, at_once=at_once
    )
    retention = retention_of(keep)
    meant = [resolve(each) for each in targets or ()]
    live = [each.conninfo for each in meant if isinstance(each, Live)]
    if len(live) < len(meant):
        raise UserError("fleet needs running servers, and a TARGET is a snapshot file; give connections.")
    history = History(store)
    notes = Notes()
    asked = Beside(rules=rules, metrics=metrics, hosts=tuple(allow_host or ()))
    own = [watch_target(each) for each in live]
    try:
        known = {**registered(history), **{each.name: each.conninfo for each in own}}
        with ended_by_signal() as is_over, beside(asked, known, history, notes.say) as listeners:
            came = shown(
                watch_fleet(
                    own,
                    history=history,
                    pace=pace,
                    retention=retention,
                    listeners=listeners,
                    notes=notes,
                    checkup_at=hour_of(checkup_at, "--checkup-at"),
                    is_over=is_over,
                )
            )
    finally:
        history.close()
    deliver_report(came, form)
