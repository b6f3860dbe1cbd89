"""The ledger: what was planned against what was measured, of every prescription ever proved on this machine."""

import os
from collections.abc import Generator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
import platformdirs

from pgclinic.grading.calibration import booked, ledger_of
from pgclinic.model.errors import UserError
from pgclinic.model.ledger import Ledger, LedgerEntry
from pgclinic.model.prescription import Patient, Prescription
from pgclinic.model.progress import Progress
from pgclinic.model.proof import Proof
from pgclinic.model.treatment import State
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.journal_entries import entries_of
from pgclinic.postgres.preflight import database_of


def ledger_path() -> Path:
    """Where the ledger is kept: a file of JSON lines in the user's state directory."""
    return Path(platformdirs.user_state_dir("pgclinic")) / "ledger.jsonl"


def read_ledger(path: Path) -> Ledger:
    """All that was ever booked there. Raises UserError for a file that is no ledger; a missing one is empty."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        lines = []
    except OSError as error:
        raise UserError(f"The ledger {path} cannot be read ({error.strerror}).") from error
    entries = []
    for number, line in enumerate(lines, 1):
        try:
            entries.append(msgspec.json.decode(line, type=LedgerEntry))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            if number == len(lines):
                break  # a line that was cut off when its writer was killed
            raise UserError(f"Line {number} of {path} is no ledger entry; move the file away.") from error
    return ledger_of(entries)


def measured_gains(patient: Patient, path: Path) -> dict[tuple[str, str], LedgerEntry]:
    """What was last measured in a database, by fingerprints of prescription and statement. Raises UserError."""
    database = _identity(patient.system_identifier, patient.database_oid)
    mine = [entry for entry in read_ledger(path).entries if entry.database == database]
    return {(entry.prescription, entry.fingerprint): entry for entry in mine}


def book(conninfo: str, proof: Proof, path: Path) -> Generator[Progress, None, Ledger]:
    """Book what was planned by the treatments done between the two runs of a proof; returns only these entries.

    They are read from the journal of the database. Proving the same two runs again books nothing twice.
    """
    yield Progress("booking planned against measured")
    with open_session(conninfo) as connection:
        database = database_of(connection)
        done = [
            entry.prescription
            for entry in entries_of(connection)
            if entry.state is State.DONE and _lies_between(entry.ended_at, proof)
        ]
        version = connection.info.parameter_status("server_version") or ""
    return book_entries(proof, done, _identity(database.system_identifier, database.oid), version, path)


def book_beside(first: str, second: str, proof: Proof, path: Path) -> Generator[Progress, None, Ledger]:
    """The same of two databases that were measured side by side: what the second was treated with and the first not."""
    yield Progress("booking planned against measured")
    with open_session(first) as connection:
        known = {entry.prescription.fingerprint for entry in entries_of(connection) if entry.state is State.DONE}
    with open_session(second) as connection:
        database = database_of(connection)
        done = [entry.prescription for entry in entries_of(connection) if entry.state is State.DONE]
        version = connection.info.parameter_status("server_version") or ""
    treated = [prescription for prescription in done if prescription.fingerprint not in known]
    return book_entries(proof, treated, _identity(database.system_identifier, database.oid), version, path)


def book_entries(proof: Proof, treated: Sequence[Prescription], database: str, version: str, path: Path) -> Ledger:
    """Book what these prescriptions had planned. Raises UserError when the ledger cannot be written."""
    known = {_key(entry) for entry in read_ledger(path).entries}
    entries = tuple(booked(proof, treated, database=database, server_version=version))
    fresh = b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries if _key(entry) not in known)
    if fresh:
        try:
            _append(path, fresh)
        except OSError as error:
            raise UserError(f"The ledger {path} cannot be written ({error.strerror}).") from error
    return ledger_of(entries)


def _identity(system_identifier: str, oid: int) -> str:
    """A database, told apart from others without its name."""
    return f"{system_identifier}/{oid}"


def _append(path: Path, lines: bytes) -> None:
    """At the end, behind the last whole line: what a killed writer left of one goes."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(lines)


def _key(entry: LedgerEntry) -> tuple[str, str, str, str]:
    return entry.database, entry.proved_at, entry.prescription, entry.fingerprint


def _lies_between(moment: str | None, proof: Proof) -> bool:
    """Whether something ended after the first run began and before the second did; clocks are the server's."""
    if moment is None:
        return False
    try:
        first, then, second = map(datetime.fromisoformat, (proof.before.started_at, moment, proof.after.started_at))
    except ValueError:
        return False
    return first <= then <= second
