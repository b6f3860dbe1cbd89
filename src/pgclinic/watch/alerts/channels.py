"""Where messages go: one channel is one URL of apprise. Nothing that it says about itself holds the URL."""

import logging
import threading
import warnings
from collections.abc import Mapping
from re import split
from typing import Self
from urllib.parse import unquote

from pgclinic.model.errors import UserError
from pgclinic.model.finding import Severity
from pgclinic.watch.alerts.notices import Message
from pgclinic.watch.alerts.rules import Channel

_TYPES: Mapping[Severity | None, str] = {
    None: "success",
    Severity.INFO: "info",
    Severity.NOTICE: "info",
    Severity.WARNING: "warning",
    Severity.CRITICAL: "failure",
}


class Sender:
    """A channel that can send. Raises UserError for a URL that apprise does not take, or without apprise."""

    def __init__(self, channel: Channel, source: str) -> None:
        try:
            import apprise  # noqa: PLC0415 - an extra
        except ImportError:
            raise UserError("Alerts need apprise; install it with: pip install 'pgclinic[watch]'.") from None

        self.name = channel.name
        self.severity = channel.severity
        self._apprise = apprise
        with _Heard(channel.url) as heard, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it loads all of its plugins, with what they think of Python's modules
            service = apprise.Apprise.instantiate(channel.url)
        if service is None:
            scheme = channel.url.partition("://")[0] if "://" in channel.url else "no scheme"
            why = f" ({heard.words})" if heard.words else ""
            raise UserError(
                f"{source}: the url of the channel {channel.name!r} is none that apprise takes ({scheme}){why}; "
                "see https://appriseit.com/services."
            )
        self._service = service
        self._url = channel.url

    @property
    def kind(self) -> str:
        """What it is, such as ``Slack``."""
        return str(self._service.service_name)

    def send(self, message: Message) -> str:
        """Send it; empty when it was taken, else one line that says why not, without secrets."""
        with _Heard(self._url) as heard:
            try:
                taken = self._service.notify(
                    title=message.title,
                    body=message.body,
                    notify_type=_TYPES[message.severity],
                    body_format=self._apprise.NotifyFormat.TEXT,
                )
            except Exception as error:  # noqa: BLE001 - a hundred plugins, each with errors of its own
                return heard.without_secrets(f"{type(error).__name__}: {error}")
        return "" if taken else heard.words or "it was refused"


class _Heard(logging.Handler):
    """What apprise said in this thread about what went wrong, kept from every other log: its lines may hold secrets."""

    def __init__(self, url: str) -> None:
        super().__init__(logging.WARNING)
        self._secrets = sorted((each for each in _pieces(url) if len(each) >= _SHORTEST_SECRET), key=len, reverse=True)
        self._thread = threading.get_ident()
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self._lines.append(record.getMessage())

    @property
    def words(self) -> str:
        """The last line that says why, without secrets."""
        return self.without_secrets(self._lines[-1]) if self._lines else ""

    def without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return " ".join(text.split())[:_LONGEST_REASON].rstrip(".")

    def __enter__(self) -> Self:
        logger = logging.getLogger("apprise")
        logger.propagate = False
        logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)


_SHORTEST_SECRET = 4
_LONGEST_REASON = 200


def _pieces(url: str) -> set[str]:
    """Everything of a URL behind its scheme that may be a secret, also as it reads decoded."""
    rest = url.partition("://")[2]
    pieces = set(split(r"[/:@?&=#,]", rest)) | {rest}
    return pieces | {unquote(each) for each in pieces}
