"""Who is at work, what they wait for, and who keeps whom waiting."""

from collections import Counter

from litestar import Response, get

from pgclinic.grading.blocking import blocking_lines
from pgclinic.model.activity import Session
from pgclinic.web.here import HereNow

_MOST = 200


def at_work(sessions: tuple[Session, ...]) -> list[Session]:
    """The clients that do something or hold something, those that wait first."""
    busy = [each for each in sessions if each.kind == "client backend" and each.state not in {"idle", ""}]
    return sorted(
        busy, key=lambda each: (not each.blocked_by, not each.wait_type, each.transaction_at or "9", each.pid)
    )


def waits(sessions: tuple[Session, ...]) -> list[tuple[str, str, int]]:
    """What active sessions wait for: type, event and how many; no type is work on the processor."""
    found = Counter((each.wait_type, each.wait_event) for each in sessions if each.state == "active")
    return [
        (kind, event, count) for (kind, event), count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


@get("/databases/{key:str}/activity", include_in_schema=False, sync_to_thread=True)
def activity(here: HereNow) -> Response[str]:
    """As of the last look."""
    sessions = here.sessions
    past = here.database.past
    look = past.history.last_sample(past.target, here.at or None) if past else None
    return here.page(
        "activity.html",
        seen_at=look.at if look else here.visit.clock if past is None else "",
        tree=blocking_lines(sessions)[:_MOST],
        waits=waits(sessions),
        busy=at_work(sessions)[:_MOST],
        idle=sum(each.state == "idle" for each in sessions),
        is_live=past is not None and not here.at,
    )


HANDLERS = (activity,)
