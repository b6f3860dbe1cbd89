"""What a verb says while it works."""

import msgspec


class Progress(msgspec.Struct, frozen=True):
    """A step of a verb, for whoever watches: a terminal, a web page, a log.

    ``done`` and ``total`` count whatever the step handles; both are None while nothing can be counted.
    ``seconds_left`` is an estimate, None where there is none. ``note`` is a line worth keeping on the screen after the
    step is over. ``lane`` tells apart what is under way at the same time; a step without words ends its lane.
    """

    step: str
    done: int | None = None
    total: int | None = None
    note: str = ""
    seconds_left: float | None = None
    lane: int = 0
