"""What the doctor saw of the machine as one JSON document, for machines."""

import msgspec

from pgclinic.model.surroundings import Surroundings
from pgclinic.report.checkup_json import dump


def encode(seen: Surroundings) -> str:
    """The document, indented, in ASCII; ``is_well`` is what the exit code says."""
    return dump({**msgspec.to_builtins(seen), "is_well": seen.is_well})
