"""What the application keeps for itself: ``analytics``, ``availability`` and ``rate_limits``."""

from collections.abc import Iterator
from itertools import product

from pgclinic.demo.data.world import DAY, MINUTE, SECOND, World, date, picks, timestamp

EVENT_COLUMNS = ("id", "event_type", "event_data", "user_id", "session_id", "created_at")
SLOT_COLUMNS = ("id", "date", "time_slot", "technician", "is_available")
COUNTER_COLUMNS = ("id", "client_ip", "endpoint", "window_start", "request_count")

_EVENT_TYPES = ("page_view",) * 50 + ("call_started",) * 20 + ("call_ended",) * 20 + ("lead_created",) * 9 + ("error",)
_TECHNICIANS = ("Luc", "Annie", "Patrick", "Mélanie", "Réjean", "Samuel")
_SLOTS = ("08:00-10:00", "10:00-12:00", "13:00-15:00", "15:00-17:00")
_SLOT_DAYS = 120
_FREE = 0.6
_ENDPOINTS = ("/webhook/vapi", "/api/calls", "/api/leads", "/api/dashboard", "/api/appointments")
_CALLS_PER_COUNTER = 60
_FEWEST_COUNTERS = 500


def events(world: World) -> Iterator[str]:
    """Rows of analytics: one event a call, in the order of time."""
    draw = world.random("analytics")
    streams = zip(
        range(world.calls),
        world.keys("analytics"),
        world.keys("analytics.session"),
        picks(draw, _EVENT_TYPES),
        strict=False,
    )
    for number, key, session, event_type in streams:
        created = timestamp(world.call(number).created_at + 9 * SECOND)
        yield (
            f'{key}\t{event_type}\t{{"page": "/calls/{number % 997}", "ms": {int(draw.random() * 900)}}}\t'
            f"\\N\t{session}\t{created}\n"
        )


def slots(world: World) -> Iterator[str]:
    """Rows of availability: every technician's slots of the last and the next sixty days."""
    draw = world.random("availability")
    days = (date(world.end + day * DAY) for day in range(-_SLOT_DAYS // 2, _SLOT_DAYS // 2))
    for key, (day, slot, technician) in zip(
        world.keys("availability"), product(days, _SLOTS, _TECHNICIANS), strict=False
    ):
        yield f"{key}\t{day}\t{slot}\t{technician}\t{'t' if draw.random() < _FREE else 'f'}\n"


def counters(world: World) -> Iterator[str]:
    """Rows of rate_limits: requests of a client for an endpoint in an hour."""
    draw = world.random("rate_limits")
    hour = 60 * MINUTE
    this_hour = world.end // hour * hour
    for key, number in zip(
        world.keys("rate_limits"), range(max(world.calls // _CALLS_PER_COUNTER, _FEWEST_COUNTERS)), strict=False
    ):
        client, endpoint = divmod(number, len(_ENDPOINTS))
        yield (
            f"{key}\t10.{client >> 16 & 255}.{client >> 8 & 255}.{client & 255}\t{_ENDPOINTS[endpoint]}\t"
            f"{timestamp(this_hour - number % 48 * hour)}\t{1 + int(draw.expovariate(1 / 20))}\n"
        )
