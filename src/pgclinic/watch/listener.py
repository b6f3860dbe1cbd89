"""How alerts, metrics and refreshes hear of what is watched."""

from typing import Protocol

from pgclinic.model.watching import Sample


class Listener(Protocol):
    """Told of every sample, kept or not, in order of time for one target; of several targets by several threads.

    Whatever it raises is logged and never stops the watching. It returns soon: the next look waits for it.
    """

    def heard(self, sample: Sample) -> None:
        """Take note of a sample."""
