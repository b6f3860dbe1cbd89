"""Who sent a statement, by the comment that its application put into it.

The comments are those of https://google.github.io/sqlcommenter/spec/; other tools than the runtime write them too.

pg_stat_statements keeps the text of the first execution that it counted, comment included, for all that follow: the
comment is the first sender's, and others may send the same statement. pg_stat_activity shows each session's own.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tokens import tokens_of

_PAIR = re.compile(r"\s*([\w.%-]{1,100})='((?:[^'\\]|\\.){0,1000})'\s*(?:,|$)")
_PLACES = ("route", "controller", "action", "file")
_LONGEST = 200


def tags_of(text: str) -> Mapping[str, str]:
    """The tags of the last comment that consists of nothing else; empty where there is none."""
    if "/*" not in text or "='" not in text:
        return {}
    try:
        tokens = tokens_of(text)
    except UnreadableSqlError:
        return {}
    encoded = text.encode()
    for token in reversed(tokens):
        if token.kind == "C_COMMENT" and (tags := _tags(encoded[token.start + 2 : token.end - 2].decode())):
            return tags
    return {}


def first_seen_from(text: str) -> tuple[Fact, ...]:
    """The route, or the part of the code, that the text names, as evidence about the statement."""
    tags = tags_of(text)
    named = [tags[name] for name in _PLACES if tags.get(name)]
    if not named:
        return ()
    framework = f" ({tags['framework']})" if tags.get("framework") else ""
    place = f"{'#'.join(named[:2]) if 'route' not in tags else named[0]}{framework}"
    return (Fact("first_seen_from", place[:_LONGEST], Unit.TEXT, Provenance.ESTIMATED),)


def _tags(comment: str) -> Mapping[str, str]:
    tags: dict[str, str] = {}
    place = 0
    while place < len(comment):
        pair = _PAIR.match(comment, place)
        if pair is None:
            return {}
        tags[unquote(pair[1])] = unquote(re.sub(r"\\(.)", r"\1", pair[2]))
        place = pair.end()
    return tags
