"""Baseline files: read, and written anew without losing anybody's comments."""

from pathlib import Path
from typing import TYPE_CHECKING

from pgclinic.cli.output import say, write_file
from pgclinic.model.errors import UserError

if TYPE_CHECKING:
    from pgclinic.model.baseline import Baseline
    from pgclinic.model.checkup import Checkup

_LARGEST_FILE = 16 << 20


def read_baseline(path: Path) -> "Baseline":
    """The baseline in a file. Raises UserError."""
    from pgclinic.model import baseline_file

    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except FileNotFoundError:
        raise UserError(f"There is no baseline {path}; --write-baseline {path} makes it.") from None
    except OSError as error:
        raise UserError(f"Cannot read the baseline {path}: {error.strerror or error}.") from error
    if len(content) > _LARGEST_FILE:
        raise UserError(f"The baseline {path} is larger than {_LARGEST_FILE >> 20} MB; that is no baseline.")
    try:
        return baseline_file.read(content.decode(), str(path))
    except UnicodeDecodeError:
        raise UserError(f"The baseline {path} is not a text in UTF-8.") from None


def joined(known: "Baseline", path: Path) -> "Baseline":
    """What is known together with what a file to be written anew already holds, so that no comment in it is lost."""
    from pgclinic.model.baseline import Baseline

    if not path.is_file():
        return known
    return Baseline(tuple({**read_baseline(path).by_fingerprint, **known.by_fingerprint}.values()))


def write_baseline(path: Path, before: "Baseline", checkup: "Checkup") -> None:
    """Write what was found, ignored findings apart; comments of ``before`` stay, and what is gone goes."""
    from pgclinic.grading.known import renewed
    from pgclinic.model import baseline_file

    known = [each.finding for each in checkup.set_aside if each.is_known]
    after = renewed(before, (*checkup.findings, *known), checkup.examined)
    write_file(path, baseline_file.write(after).encode())
    count = len(after.entries)
    say(f"wrote {path}: {count:,} known finding{'' if count == 1 else 's'}")
