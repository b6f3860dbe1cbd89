"""Asking before something is changed."""

import sys

import typer

from pgclinic.model.errors import UserError


def confirm(question: str, option: str) -> None:
    """Ask on the terminal. Raises UserError where nobody can answer or the answer is no."""
    from pgclinic.report.printable import printable

    if not sys.stdin.isatty():
        raise UserError(f"{printable(question)} Nobody can be asked here; add {option} to say yes.")
    if not typer.confirm(printable(question), err=True):
        raise UserError("Nothing was changed.")
