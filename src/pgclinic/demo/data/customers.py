"""What comes of the calls: ``leads``, ``appointments`` and ``sms_logs``."""

from collections.abc import Iterator
from itertools import islice

from pgclinic.demo.data import vocabulary
from pgclinic.demo.data.world import DAY, MINUTE, SECOND, World, date, picks, timestamp

LEAD_COLUMNS = (
    "id", "call_id", "phone", "email", "name", "service_type", "urgency_level", "address", "city", "postal_code",
    "estimated_value", "status", "source", "assigned_to", "scheduled_date", "follow_up_date", "metadata",
    "created_at", "updated_at",
)  # fmt: skip
APPOINTMENT_COLUMNS = (
    "id", "customer_name", "customer_phone", "lead_id", "service_type", "preferred_date", "preferred_time", "urgency",
    "notes", "status", "created_at", "updated_at",
)  # fmt: skip
MESSAGE_COLUMNS = (
    "id", "call_id", "to_number", "from_number", "message", "priority", "status", "provider_id", "error", "sent_at",
    "delivered_at", "metadata", "created_at",
)  # fmt: skip

_LEAD_STATUSES = ("new",) * 12 + ("contacted",) * 23 + ("qualified",) * 15 + ("converted",) * 30 + ("lost",) * 20
_URGENCIES = ("low",) * 5 + ("medium",) * 3 + ("high",) * 2
_SOURCES = ("phone",) * 8 + ("web", "referral")
_STAFF = ("Luc", "Annie", "Patrick", "Mélanie", "\\N")
_SLOTS = ("08:00-10:00", "10:00-12:00", "13:00-15:00", "15:00-17:00")
_LEADS_PER_APPOINTMENT = 3
_RECENT_DAYS = 60
_PENDING_RECENTLY = 0.27
_PENDING_BEFORE = 0.007
"""Together one visit in twenty."""
_UNREACHABLE = 0.03
_MEAN_VALUE = 400
_COMPANY_NUMBER = "+14505551234"
_CONFIRMATION = "Drain Fortin: votre rendez-vous est confirmé, un technicien vous appelle 30 minutes avant."


def leads(world: World) -> Iterator[str]:
    """Rows of leads: three calls of ten, in their order."""
    draw = world.random("leads")
    streams = zip(
        world.leads(),
        world.keys("leads"),
        picks(draw, vocabulary.FIRST_NAMES),
        picks(draw, vocabulary.LAST_NAMES),
        picks(draw, vocabulary.SERVICES),
        picks(draw, _URGENCIES),
        picks(draw, vocabulary.STREETS),
        picks(draw, vocabulary.CITIES),
        picks(draw, _LEAD_STATUSES),
        picks(draw, _SOURCES),
        picks(draw, _STAFF),
        picks(draw, vocabulary.remarks(world.seed, 512)),
        strict=False,
    )
    for number, key, first, last, service, urgency, street, city, status, source, staff, remark in streams:
        call_id, phone, moment = world.call(number)
        created = timestamp(moment + 4 * MINUTE)
        yield (
            f"{key}\t{call_id}\t{phone}\t{last.lower()}.{number}@exemple.ca\t{first} {last}\t{service}\t{urgency}\t"
            f"{1 + number % 9800} {street}\t{city}\tH{number % 9}{'ABCEGHJK'[number % 8]} {number % 7}A{number % 10}\t"
            f"{350 + int(draw.expovariate(1 / _MEAN_VALUE))}.00\t{status}\t{source}\t{staff}\t\\N\t"
            f'{date(moment + 3 * DAY)}\t{{"remark": "{remark}"}}\t{created}\t{created}\n'
        )


def appointments(world: World) -> Iterator[str]:
    """Rows of appointments: every third lead's visit; one in twenty is pending, nearly all of them recent."""
    draw = world.random("appointments")
    recent = world.end - _RECENT_DAYS * DAY
    streams = zip(
        islice(zip(world.leads(), world.keys("leads"), strict=False), 0, None, _LEADS_PER_APPOINTMENT),
        world.keys("appointments"),
        picks(draw, vocabulary.FIRST_NAMES),
        picks(draw, vocabulary.LAST_NAMES),
        picks(draw, vocabulary.SERVICES),
        picks(draw, _SLOTS),
        picks(draw, _URGENCIES),
        picks(draw, ("garage", "sous-sol", "jardin")),
        picks(draw, ("completed", "completed", "confirmed", "cancelled")),
        strict=False,
    )
    for (number, lead), key, first, last, service, slot, urgency, access, settled in streams:
        _, phone, moment = world.call(number)
        created = timestamp(moment + 6 * MINUTE)
        is_pending = draw.random() < (_PENDING_RECENTLY if moment > recent else _PENDING_BEFORE)
        yield (
            f"{key}\t{first} {last}\t{phone}\t{lead}\t{service}\t"
            f"{date(moment + draw.randint(1, 14) * DAY)}\t{slot}\t{urgency}\tAccès par le {access}\t"
            f"{'pending' if is_pending else settled}\t{created}\t{created}\n"
        )


def messages(world: World) -> Iterator[str]:
    """Rows of sms_logs: two calls of five get a confirmation."""
    draw = world.random("sms_logs")
    for key, step in zip(world.keys("sms_logs"), range(world.calls * 2 // 5), strict=False):
        number = step * 5 // 2
        call_id, phone, moment = world.call(number)
        created = timestamp(moment + 5 * MINUTE)
        outcome = f"delivered\tSM{key[:8]}{key[24:]}\t\\N\t{created}\t{timestamp(moment + 5 * MINUTE + 2 * SECOND)}"
        if draw.random() < _UNREACHABLE:
            outcome = f"failed\tSM{key[:8]}{key[24:]}\t30003 unreachable\t{created}\t\\N"
        yield (
            f"{key}\t{call_id}\t{phone}\t{_COMPANY_NUMBER}\t{_CONFIRMATION}\tP3\t{outcome}\t"
            f'{{"segments": {1 + number % 3}}}\t{created}\n'
        )
