"""What ``--no-values`` leaves of each kind of record, without a server."""

from typing import get_args

from pgclinic.model.snapshot import Record
from pgclinic.model.statistics import ColumnEnds
from pgclinic.probes import redaction
from pgclinic.probes.redaction import HOLDS_NO_VALUES


def test_of_each_kind_of_record_it_is_known_whether_it_holds_values() -> None:
    """A new kind: give it a function in ``redaction``, or add it to HOLDS_NO_VALUES when it has nothing to hide."""
    blanked = set(redaction._blanked.registry) - {object}
    assert not blanked & HOLDS_NO_VALUES
    assert blanked | HOLDS_NO_VALUES | {ColumnEnds} == set(get_args(Record))
