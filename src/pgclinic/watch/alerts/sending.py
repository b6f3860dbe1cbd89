"""Telling people, beside the watching: a thread a channel, which waits longer and longer for one that fails.

Notices come from the store; while that cannot be written they come from a short queue in memory. What gathers while a
channel rests is sent as one message.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from pgclinic.watch.alerts.channels import Sender
from pgclinic.watch.alerts.ledger import LEASE_SECONDS, MOST_WAITING, Ledger, Waiting
from pgclinic.watch.alerts.notices import Notice, message

GROUP_SECONDS = 2.0
"""So long a sender waits for more once it has something to say."""
MOST_AT_ONCE = 200
FIRST_PAUSE = 5.0
"""Seconds after the first failure; each further one doubles them."""
_LONGEST_PAUSE = 600.0
_LOOK_SECONDS = 30.0
"""Somebody else's messages, whose sender has died, are looked for that often."""


class ChannelState(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel does. ``failing`` is why its last attempt failed, empty when it did not."""

    name: str
    kind: str
    sent: int = 0
    failed: int = 0
    dropped: int = 0
    failing: str = ""


class Dispatcher:
    """Sends what the ledger and ``hand_over`` give it until ``close``; ``say`` gets a line when one fails or mends."""

    def __init__(
        self,
        senders: Iterable[Sender],
        ledger: Ledger,
        say: Callable[[str], None],
        *,
        group_seconds: float = GROUP_SECONDS,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self._workers = [_Worker(sender, ledger, say, group_seconds, first_pause) for sender in senders]
        for worker in self._workers:
            worker.start()

    def wake(self) -> None:
        """There is something in the ledger."""
        for worker in self._workers:
            worker.awake.set()

    def hand_over(self, notices: Iterable[tuple[str, Notice]]) -> None:
        """Take these, which could not be stored; never waits."""
        for channel, notice in notices:
            for worker in self._workers:
                if worker.sender.name == channel:
                    worker.take_in(notice)

    def states(self) -> tuple[ChannelState, ...]:
        """How each channel does."""
        return tuple(worker.state for worker in self._workers)

    def close(self, seconds: float = 5.0) -> None:
        """Stop after what is being sent; what is left stays in the ledger for who watches next."""
        for worker in self._workers:
            worker.stop()
        deadline = time.monotonic() + seconds
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))


class _Worker(threading.Thread):
    def __init__(
        self, sender: Sender, ledger: Ledger, say: Callable[[str], None], group_seconds: float, first_pause: float
    ) -> None:
        super().__init__(name=f"alerts to {sender.name}", daemon=True)
        self.sender = sender
        self.awake = threading.Event()
        self.state = ChannelState(name=sender.name, kind=sender.kind)
        self._ledger = ledger
        self._say = say
        self._group_seconds = group_seconds
        self._first_pause = first_pause
        self._pause = 0.0
        self._held: deque[Notice] = deque(maxlen=MOST_WAITING)
        self._stopped = threading.Event()
        self._identity = f"{os.getpid()}/{self.name}"

    def take_in(self, notice: Notice) -> None:
        if len(self._held) == MOST_WAITING:
            self._count(dropped=1)
        self._held.append(notice)
        self.awake.set()

    def stop(self) -> None:
        self._stopped.set()
        self.awake.set()

    def run(self) -> None:
        while not self._stopped.is_set():
            self.awake.clear()
            if not self._turn():
                self.awake.wait(_LOOK_SECONDS)
                self._stopped.wait(self._group_seconds)
            if self._pause:
                self._stopped.wait(self._pause)

    def _turn(self) -> bool:
        """Send what there is; whether there was anything."""
        held = [self._held.popleft() for _ in range(min(len(self._held), MOST_AT_ONCE))]
        stored = self._stored(MOST_AT_ONCE - len(held))
        notices = [*held, *(each.notice for each in stored)]
        if not notices:
            return False
        why = self.sender.send(message(notices))
        if why:
            self._held.extendleft(reversed(held))
            self._failed(why, stored)
            return True
        self._pause = 0.0
        if self.state.failing:
            self._say(f"The channel {self.sender.name} works again.")
        self._count(sent=1, failing="")
        self._settle(lambda: self._ledger.delivered(self.sender.name, stored, held, time.time()))
        return True

    def _failed(self, why: str, stored: Sequence[Waiting]) -> None:
        self._pause = min(_LONGEST_PAUSE, 2 * self._pause or self._first_pause)
        if not self.state.failing:
            self._say(f"The channel {self.sender.name} failed: {why}; it is tried again with growing pauses.")
        self._count(failed=1, failing=why)
        self._settle(lambda: self._ledger.put_off(self.sender.name, stored, time.time(), why))

    def _stored(self, most: int) -> tuple[Waiting, ...]:
        try:
            dropped = self._ledger.drop_old(time.time())
            taken = self._ledger.take(self.sender.name, self._identity, time.time(), most)
        except SQLAlchemyError:
            return ()
        if dropped:
            self._count(dropped=dropped)
            self._say(f"{dropped} alerts of the day before were dropped: the channel could not be reached.")
        return taken

    def _settle(self, write: Callable[[], None]) -> None:
        """Write down what became of messages; a locked store is asked again for as long as the lease lasts."""
        deadline = time.monotonic() + LEASE_SECONDS / 2
        while True:
            try:
                write()
            except SQLAlchemyError:
                if self._stopped.wait(1.0) or time.monotonic() > deadline:
                    return
            else:
                return

    def _count(self, *, sent: int = 0, failed: int = 0, dropped: int = 0, failing: str | None = None) -> None:
        state = self.state
        self.state = msgspec.structs.replace(
            state,
            sent=state.sent + sent,
            failed=state.failed + failed,
            dropped=state.dropped + dropped,
            failing=state.failing if failing is None else failing,
        )
