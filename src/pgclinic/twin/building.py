"""Making a database of the snapshot's schema through an ordinary role: extensions, types, then pieces in any order.

Whatever comes from the snapshot as SQL runs through a connection logged in as that role, which cannot become a
superuser. The superuser touches catalogs and files, and runs no text of the snapshot except quoted names.
"""

import contextlib
from collections.abc import Iterable, Mapping
from typing import Self

import msgspec
import psycopg

from pgclinic.instance import Instance
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql import clock, quote
from pgclinic.twin import schema
from pgclinic.twin.allowed import ALLOWED_EXTENSIONS, WATCHING_EXTENSIONS
from pgclinic.twin.cluster import BUILDER
from pgclinic.twin.guard import Guard
from pgclinic.twin.schema import Piece
from pgclinic.twin.session import Session
from pgclinic.twin.stand_ins import stand_in_for, types_needed

FORMATS = {"DateStyle": "ISO, YMD", "IntervalStyle": "postgres", "TimeZone": "UTC"}
"""How the snapshot's values are spelled, whatever the database's own settings."""

_MOST_PASSES = 50
_SIMPLIFIED_SINGLY = 50
"""So many pieces that cannot be made are made plainer one at a time, because others may only wait for them."""

Connection = psycopg.Connection[tuple[object, ...]]


class Foundations(msgspec.Struct, frozen=True):
    """``known`` are the types and collations that columns may have; ``later`` what needs tables to be made."""

    known: frozenset[str]
    later: tuple[Piece, ...]


def connected(instance: Instance, database: str) -> Connection:
    """The superuser, who reads and writes values as the snapshot spells them."""
    options = " ".join(f"-c {setting}={value.replace(' ', '')}" for setting, value in FORMATS.items())
    return psycopg.connect(instance.conninfo(database), autocommit=True, options=options, client_encoding="utf8")


def lay_foundations(
    superuser: Connection,
    builder: "Builder",
    snapshot: Snapshot,
    relations: frozenset[int],
    omissions: list[str],
) -> Foundations:
    """Make what the columns of the relations are made of, and name what is otherwise than at the source."""
    builder.run(_clock())
    missing = builder.attempt(schema.foundations(snapshot, relations))
    stand_in = _stand_in(superuser, builder, snapshot)
    omissions += (f"type {each} (planned as text)" for each in sorted(stand_in))
    missing = builder.attempt(missing) if stand_in else missing
    builder.make(piece for piece in missing if not piece.needs_tables)
    known = _known_names(superuser, snapshot)
    # A domain takes no modifier.
    known -= {name for name in known if name.partition("(")[0] in stand_in and "(" in name}
    omissions += schema.replaced(snapshot, relations, known)
    return Foundations(known, tuple(piece for piece in missing if piece.needs_tables))


def create_extensions(superuser: Connection, snapshot: Snapshot, omissions: list[str]) -> None:
    """The snapshot's extensions that are allowed and at hand; the others are named."""
    for extension in snapshot.extensions:
        if extension.name == "plpgsql" or extension.name in WATCHING_EXTENSIONS:
            continue
        try:
            if extension.name not in ALLOWED_EXTENSIONS:
                raise psycopg.NotSupportedError
            schema_name = quote.identifier(extension.schema)
            superuser.execute(f"create schema if not exists {schema_name} authorization {BUILDER}")
            superuser.execute(f"create extension {quote.identifier(extension.name)} schema {schema_name} cascade")
        except (psycopg.Error, ValueError):
            omissions.append(f"extension {extension.name}")


def _stand_in(superuser: Connection, builder: "Builder", snapshot: Snapshot) -> frozenset[str]:
    """Make stand-ins for the types that are not there; returns their names."""
    needed = types_needed(snapshot)
    unknown = needed - _found(superuser, {name: ("to_regtype", name) for name in needed})
    return frozenset(name for name in unknown if builder.run(stand_in_for(name)))


def _known_names(superuser: Connection, snapshot: Snapshot) -> frozenset[str]:
    """The types and collations of columns that exist on the twin; names that cannot be looked up are unknown."""
    lookups = {name: ("to_regtype", name.partition("(")[0]) for name in schema.column_types(snapshot)}
    lookups |= {each.collation: ("to_regcollation", each.collation) for each in snapshot.columns if each.collation}
    return _found(superuser, lookups)


def _found(superuser: Connection, lookups: Mapping[str, tuple[str, str]]) -> frozenset[str]:
    known = set()
    for name, (function, bare) in sorted(lookups.items()):
        try:
            row = superuser.execute(f"select pg_catalog.{function}(%s) is not null", [bare]).fetchone()
        except (psycopg.Error, ValueError):
            continue
        if row == (True,):
            known.add(name)
    return frozenset(known)


def _clock() -> Piece:
    statements = [f"create schema {clock.SCHEMA}", f"grant usage on schema {clock.SCHEMA} to public"]
    for name, result in clock.FUNCTIONS.items():
        statements.append(
            f"create function {clock.SCHEMA}.{quote.identifier(name)}() returns {result} language plpgsql stable"
            " parallel safe cost 1 as $$begin return pg_catalog.current_setting("
            f"'{clock.SCHEMA}.now')::pg_catalog.timestamptz::{result}; end$$"
        )
    return Piece("clock", tuple(statements))


class Builder:
    """Makes pieces through the ordinary role. ``omissions`` names those that could not be made as they are.

    ``seconds`` is how long a statement may run, the role's own limit when None; ``guard`` has to allow for it.
    """

    def __init__(self, conninfo: str, guard: Guard, *, seconds: int | None = None) -> None:
        self.omissions: list[str] = []
        self._conninfo = conninfo
        self._guard = guard
        self._seconds = seconds
        self._session = self._connected()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def _connected(self) -> Session:
        session = Session.open(self._conninfo)
        session.run("set check_function_bodies = off")
        for name, value in FORMATS.items():
            session.run(f"set {name} = {quote.literal(value)}")
        if self._seconds is not None:
            session.run(f"set statement_timeout = '{self._seconds}s'")
        return session

    def make(self, pieces: Iterable[Piece]) -> None:
        """Make every piece; what cannot be made is made plainer, in order, or left out."""
        waiting = self.attempt(pieces)
        for _ in range(_SIMPLIFIED_SINGLY):
            first = next((each for each in waiting if each.plainer), None)
            if first is None:
                break
            waiting = self.attempt([self._simplified(each) if each is first else each for each in waiting])
        waiting = self.attempt([self._simplified(each) if each.plainer else each for each in waiting])
        # What is named already as simplified and fails even so has lost its plainer form.
        self.omissions += [each.subject for each in waiting if each.subject not in self.omissions]

    def _simplified(self, piece: Piece) -> Piece:
        self.omissions.append(f"{piece.subject} (simplified)")
        return msgspec.structs.replace(piece, statements=piece.plainer, plainer=())

    def attempt(self, pieces: Iterable[Piece]) -> list[Piece]:
        """Run the pieces, again as long as that helps, for functions and tables may need each other; the failed."""
        waiting = list(pieces)
        for _ in range(_MOST_PASSES):
            failed = [piece for piece in waiting if not self.run(piece)]
            if not failed or len(failed) == len(waiting):
                return failed
            waiting = failed
        return waiting

    def run(self, piece: Piece) -> bool:
        """Run a piece's statements as one transaction, each as exactly one statement whatever its text holds."""
        several = len(piece.statements) > 1
        try:
            if self._session.is_broken:
                self._session = self._connected()
            with self._guard:
                for statement in ("begin", *piece.statements, "commit") if several else piece.statements:
                    self._session.run(statement)
        except (psycopg.Error, ValueError):
            if several:
                with contextlib.suppress(psycopg.Error):
                    self._session.run("rollback")
            return False
        return bool(piece.statements)
