"""How a target is given on the command line: as psql takes it, in every verb alike."""

import functools
import inspect
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import typer


class TargetOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where to look, as typed; ``verbs.targets`` finds out what it means."""

    target: str | None = None
    host: str | None = None
    port: int | None = None
    user: str | None = None
    dbname: str | None = None
    no_password: bool = False
    password_command: str | None = None


AllDatabases = Annotated[
    bool, typer.Option("--all-databases", help="Every database of the server, one after the other; -o is a folder.")
]

_OPTIONS = {
    "host": Annotated[str | None, typer.Option("--host", "-h", metavar="HOST", help="Server host or socket folder.")],
    "port": Annotated[int | None, typer.Option("--port", "-p", min=1, max=65535, help="Server port.")],
    "user": Annotated[str | None, typer.Option("--username", "-U", metavar="ROLE", help="Role to connect as.")],
    "dbname": Annotated[str | None, typer.Option("--dbname", "-d", metavar="DATABASE", help="Database.")],
    "no_password": Annotated[bool, typer.Option("--no-password", "-w", help="As in psql; pgclinic never asks anyway.")],
    "password_command": Annotated[
        str | None,
        typer.Option(metavar="COMMAND", help="A program that prints the password, such as a cloud token."),
    ],
}


def takes_target(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a verb whose first parameter is ``where: TargetOptions`` the argument and the options of psql."""
    return _taking(verb, "A URI, a conninfo string, a service name or a snapshot file")


def takes_server(verb: Callable[..., None]) -> Callable[..., None]:
    """As ``takes_target``, for a verb that needs a running server."""
    return _taking(verb, "A URI, a conninfo string or a service name")


def takes_two_visits(verb: Callable[..., None]) -> Callable[..., None]:
    """As ``takes_target``, for a verb whose first argument is a file, and whose second one the options may tell."""
    about = "The earlier visit: a snapshot file, or the JSON report of a checkup."
    return _with_options(verb, typer.Argument(metavar="A", help=about, show_default=False))


def _taking(verb: Callable[..., None], kinds: str) -> Callable[..., None]:
    about = f"{kinds}; without it PGCLINIC_DATABASE_URL, DATABASE_URL, then PGHOST and its kin."
    return _with_options(verb, typer.Argument(metavar="TARGET", help=about, show_default=False))


class Until(StrEnum):
    """Which part of a plan is wanted, with all that comes before it."""

    NOW = "now"
    WEEK = "week"
    MONTH = "month"


def _with_options(verb: Callable[..., None], target: Any) -> Callable[..., None]:  # noqa: ANN401 - typer says Any too
    own = list(inspect.signature(verb, eval_str=True).parameters.values())[1:]

    def parameter(name: str, annotation: Any) -> inspect.Parameter:  # noqa: ANN401 - annotations are of any type
        default = False if name == "no_password" else None
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)

    @functools.wraps(verb)
    def run(**given: Any) -> None:  # noqa: ANN401 - whatever typer parsed
        where = TargetOptions(**{name: given.pop(name) for name in ("target", *_OPTIONS)})
        verb(where, **given)

    parameters = [
        parameter("target", Annotated[str | None, target]),
        *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own),
        *(parameter(name, annotation) for name, annotation in _OPTIONS.items()),
    ]
    vars(run)["__signature__"] = inspect.Signature(parameters)  # what inspect believes, and typer after it
    run.__annotations__ = {each.name: each.annotation for each in parameters} | {"return": None}
    vars(run).pop("__wrapped__")  # or typer would look through to the verb for annotations
    return run
