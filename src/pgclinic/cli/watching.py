"""What the verbs that watch have in common: their options, how long is kept, and what they say at the end."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pgclinic.model.watching_report import WatchReport
    from pgclinic.watch.upkeep import Retention


class Format(StrEnum):
    """How what came of it is written."""

    TEXT = "text"
    JSON = "json"


Every = Annotated[str, typer.Option(metavar="SPAN", help="Between two looks, 10s to 60s.")]
Keep = Annotated[str, typer.Option(metavar="SPANS", help="How long samples, five minutes and hours are kept.")]
Form = Annotated[Format, typer.Option("--format", help="How what came of it is written.")]
EVERY = "30s"
KEEP = "2d,35d,800d"


def interval_of(every: str) -> float:
    """Seconds between two looks. Raises UserError."""
    from pgclinic.cli.durations import seconds_of
    from pgclinic.watch.looks import FASTEST_SECONDS, SLOWEST_SECONDS

    return seconds_of(every, "--every", least=FASTEST_SECONDS, most=SLOWEST_SECONDS)


def retention_of(keep: str) -> "Retention":
    """For how long each resolution is kept. Raises UserError."""
    from pgclinic.cli.durations import days_of
    from pgclinic.watch.upkeep import Retention

    sampled, minutes, hours = days_of(keep, "--keep")
    return Retention(sampled_days=sampled, minutes_days=minutes, hours_days=hours)


def deliver_report(came: "WatchReport", form: Format) -> None:
    """Write what came of it."""
    from pgclinic.cli.output import deliver

    if form is Format.JSON:
        import msgspec

        deliver(msgspec.json.encode(came).decode() + "\n", None)
    else:
        from pgclinic.report.watch_text import text

        deliver(text(came), None)
