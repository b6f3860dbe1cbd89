"""What becomes of a verb when the private server that it works with dies: for want of memory or disk, or killed."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgclinic.model.errors import UserError


@contextmanager
def death_in_words(server: str) -> Iterator[None]:
    """The loss of ``server`` (a noun phrase that begins a sentence) as a UserError."""
    try:
        yield
    except psycopg.OperationalError as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")
        raise UserError(
            f"{server} gave up ({reason}); see that there is memory and disk for it, and try again."
        ) from error


def for_people(conninfo: str) -> str:
    """How to connect, without what only keeps PG* variables from being heard."""
    parameters = conninfo_to_dict(conninfo)
    told = ("host", "port", "dbname", "user", "password")
    return make_conninfo("", **{name: parameters[name] for name in told if parameters.get(name)})
