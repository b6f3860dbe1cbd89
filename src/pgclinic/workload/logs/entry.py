"""One message of a server's log, whatever format it was written in."""

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A message with what the log says about its origin; empty where it says nothing.

    ``process`` tells sessions apart and is nothing more than that (a process id, or a session id). ``detail`` and
    ``context`` are the message's DETAIL and CONTEXT. ``is_cut`` when part of the text is missing.
    """

    severity: str
    message: str
    detail: str = ""
    context: str = ""
    process: str = ""
    database: str = ""
    role: str = ""
    application: str = ""
    is_cut: bool = False
