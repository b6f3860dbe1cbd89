"""The request at hand: who asks, in which language, of which moment; and the page that answers."""

from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from litestar import MediaType, Request, Response
from litestar.di import NamedDependency
from litestar.exceptions import ValidationException

from pgclinic.model.activity import Session
from pgclinic.model.listing import IndexLine, StatementLine, TableLine
from pgclinic.report.html import environment
from pgclinic.report.language import LANGUAGES, Language, language
from pgclinic.web.access import csrf
from pgclinic.web.access.visitor import Role, Visitor
from pgclinic.web.assets import address_of
from pgclinic.web.past import SPANS
from pgclinic.web.sections import SECTIONS, WATCHED
from pgclinic.web.site import Database, Site
from pgclinic.web.visit import Visit

ALL = "all"
"""The span since the counters began."""
LANGUAGE_COOKIE = "pgclinic_lang"
_STRANGER = Visitor(role=Role.VIEWER)


class Here:
    """What a handler knows of its request. ``key`` is the database of its path, empty where there is none."""

    def __init__(self, site: Site, request: Request[Any, Any, Any]) -> None:
        self.site, self.request = site, request
        self.visitor: Visitor = request.scope.get("visitor") or _STRANGER  # type: ignore[assignment]  # see Gate
        self.key: str = request.path_params.get("key", "")
        self.at = _moment(request.query_params.get("at", ""))
        asked = request.query_params.get("span", "")
        self.span: str = asked if asked in SPANS or asked == ALL else ""

    def demand_moment(self) -> None:
        """Raise ValidationException for a moment that is none."""
        if self.request.query_params.get("at", "") and not self.at:
            raise ValidationException("at is no time; write it as 2026-11-27T19:05.")

    @cached_property
    def language(self) -> Language:
        """As the visitor chose, else as the server was told, else as the browser asks."""
        chosen = self.request.cookies.get(LANGUAGE_COOKIE, "")
        asked = self.request.headers.get("accept-language", "")
        wanted = [chosen, self.site.lang, *(each.split(";")[0].strip()[:2].lower() for each in asked.split(","))]
        return language(next((code for code in wanted if code in LANGUAGES), LANGUAGES[0]))

    @property
    def told(self) -> dict[str, Any]:
        """What templates tell of the checkup, by the names that they know it by."""
        return self.visit.told(self.language)

    @cached_property
    def database(self) -> Database:
        """The database that the path names. Raises NotFoundException."""
        return self.site.database(self.key)

    @cached_property
    def visit(self) -> Visit:
        """What was seen of it, at the moment asked for. Raises UserError for a moment before anything was seen."""
        return self.database.visit(self.at)

    @property
    def is_of_span(self) -> bool:
        """Whether statements and tables are told of a span of history, and not since the counters began."""
        return self.database.past is not None and (self.span != ALL or self.visit.snapshot is None)

    @cached_property
    def statements(self) -> tuple[StatementLine, ...]:
        """The statements of the span, or all that was counted."""
        past = self.database.past
        return past.statements(self.span, self.at) if past and self.is_of_span else self.visit.statements

    @cached_property
    def tables(self) -> tuple[TableLine, ...]:
        """The tables, with their scans of the span or of all time."""
        past = self.database.past
        return past.tables(self.span, self.at) if past and self.is_of_span else self.visit.tables

    @cached_property
    def indexes(self) -> tuple[IndexLine, ...]:
        """The indexes, with their scans of the span or of all time."""
        past = self.database.past
        return past.indexes(self.span, self.at) if past and self.is_of_span else self.visit.indexes

    @cached_property
    def sessions(self) -> tuple[Session, ...]:
        """Who was at work: at the last look, or during the visit."""
        past = self.database.past
        if past is not None:
            return past.history.sessions(past.target, self.at or None)
        return self.visit.snapshot.sessions if self.visit.snapshot else ()

    @property
    def is_operator(self) -> bool:
        """Whether this visitor may treat."""
        return self.site.policy.may_treat and self.visitor.role >= Role.OPERATOR

    @property
    def _tabs(self) -> list[tuple[str, str]]:
        """The sections of this database, none where the path names none."""
        known = self.site.databases.get(self.key)
        return [each for each in SECTIONS if known.past or each[0] not in WATCHED] if known else []

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response[str]:  # noqa: ANN401 - nouns of any kind
        """The template's page."""
        told = environment(self.language.code, "pgclinic.web").get_template(template)
        content = told.render(
            here=self,
            site=self.site,
            tabs=self._tabs,
            static=address_of,
            link=self.link,
            csrf=csrf.token_for(self.visitor),
            **values,
        )
        return Response(content, media_type=MediaType.HTML, status_code=status)

    def link(self, path: str = "", **query: Any) -> str:  # noqa: ANN401 - whatever an address may hold
        """An address below this database, of the same moment."""
        kept = {"at": self.at, "span": self.span, **query}
        given = {name: value for name, value in kept.items() if value not in {"", None}}
        return f"/databases/{self.key}/{path}" + (f"?{urlencode(given)}" if given else "")


def _moment(text: str) -> str:
    """A time in ISO 8601, in UTC where it names no zone; empty for none and for what is none."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign that nobody encoded
    except ValueError:
        return ""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def make_ready(code: str) -> None:
    """Read every template in a language now, so that nobody's first page waits for it."""
    templates = environment(code, "pgclinic.web")
    for name in templates.list_templates(extensions=["html"]):
        templates.get_template(name)


HereNow = NamedDependency[Here]
"""How a handler asks for it."""
