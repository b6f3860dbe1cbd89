"""A file that a user named, read with a limit."""

from pathlib import Path

from pgclinic.model.errors import UserError


def read_limited(path: Path, what: str, most_bytes: int) -> bytes:
    """What stands in the file. Raises UserError, calling the file ``what``, when it cannot be read or is larger."""
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except OSError as error:
        raise UserError(f"Cannot read the {what} {path}: {error.strerror or error}.") from error
    if len(content) > most_bytes:
        raise UserError(f"The {what} {path} is larger than {most_bytes >> 20} MB; that is no {what}.")
    return content
