"""What whoever started a watch is told while it goes on: changes for the worse and back, each once."""

import threading

from pgclinic.model.watching import Sample
from pgclinic.watch.keeper import Keeper

_WORTH_SAYING = frozenset({"restarted", "reset", "clock"})


class Notes:
    """A listener that keeps sentences until they are taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: list[str] = []
        self._down: set[str] = set()
        self._trouble = ""
        self._others: set[str] = set()

    def heard(self, sample: Sample) -> None:
        """Note what changed at a target."""
        with self._lock:
            if sample.gap == "unreachable":
                if sample.target not in self._down:
                    self._down.add(sample.target)
                    self._said.append(f"{sample.target}: {sample.reason}")
            elif sample.target in self._down:
                self._down.discard(sample.target)
                self._said.append(f"{sample.target} answers again.")
            elif sample.gap in _WORTH_SAYING:
                self._said.append(f"{sample.target}: {sample.reason}")

    def say(self, sentence: str) -> None:
        """Have somebody else's sentence told too."""
        with self._lock:
            self._said.append(sentence)

    def taken(self, keeper: Keeper) -> list[str]:
        """What is to be said now, of targets and of the store."""
        with self._lock:
            said, self._said = self._said, []
        if keeper.trouble != self._trouble:
            self._trouble = keeper.trouble
            said.append(
                f"The history store cannot be written: {self._trouble}; samples wait in memory."
                if self._trouble
                else f"The history store is written again; {keeper.dropped} samples were dropped."
            )
        others = set(keeper.others)
        said += [f"{each} is kept by another watcher of this store." for each in sorted(others - self._others)]
        self._others = others
        return said
