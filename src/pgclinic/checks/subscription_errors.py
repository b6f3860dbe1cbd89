"""A logical subscription fails again and again, or was disabled because of it.

What it sees:
    Subscriptions of this database, on server 15 or newer, whose workers failed at least `min_errors` times and
    `per_day` times a day on average, or that are disabled after a failure. Less than a day of counting is
    taken for a day.

Why it matters:
    Nothing arrives meanwhile, and the publisher keeps all WAL since then. Mostly a row that arrives is already there
    (a unique violation), or a table or column is missing here.

What to do:
    Read the server's log for the row and the reason. Correct the data or the schema here, or skip the transaction with
    ALTER SUBSCRIPTION … SKIP, then enable the subscription again. Nobody else should write to subscribed tables.
"""

from collections.abc import Iterator

from pgclinic.model.clock import DAY
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.replication import Subscription
from pgclinic.model.sessions import counted_seconds, seconds_since
from pgclinic.model.snapshot import Snapshot

FAMILY = "replication"
NEEDS = ("subscriptions", "checkpoints")


def examine(snapshot: Snapshot, *, min_errors: int = 5, per_day: float = 5) -> Iterator[Finding]:
    """Subscriptions that fail, in the order of their names."""
    for subscription in snapshot.subscriptions:
        errors = (subscription.apply_errors or 0) + (subscription.sync_errors or 0)
        rate = _rate(snapshot, subscription, errors)
        is_failing = errors >= min_errors and rate >= per_day
        if not errors or not (is_failing or not subscription.is_enabled):
            continue
        yield Finding(
            check="subscription_errors",
            severity=Severity.WARNING,
            object=ObjectName("subscription", subscription.name),
            summary=(
                "The subscription {subscription} failed {errors} times."
                if subscription.is_enabled
                else "The subscription {subscription} is disabled after {errors} failures."
            ),
            advice="Read the reason in the server's log, correct data or schema here, and let it go on.",
            facts=(
                Fact("subscription", subscription.name, Unit.TEXT),
                Fact("errors", errors),
                Fact("apply_errors", subscription.apply_errors or 0),
                Fact("sync_errors", subscription.sync_errors or 0),
            ),
            burden=1 / len(snapshot.subscriptions),
        )


def _rate(snapshot: Snapshot, subscription: Subscription, errors: int) -> float:
    """Failures a day since the subscription's counters were reset; if they never were, since the server's were."""
    own = subscription.stats_reset
    seconds = seconds_since(snapshot, own) if own else counted_seconds(snapshot)
    return errors / max((seconds or 0) / DAY, 1)
