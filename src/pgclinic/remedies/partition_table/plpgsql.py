"""Blocks and functions of PL/pgSQL from bodies that lie beside their remedies as ``.sql``, with constants before them.

A line ``-- remedy/name.sql`` in a body stands for that body.
"""

import re
from collections.abc import Iterator, Mapping
from importlib import resources

from pgclinic.sql import quote

_INCLUDED = re.compile(r"^ *-- (\w+)/(\w+)\.sql\n", re.MULTILINE)


def body_of(remedy: str, name: str) -> str:
    """The body ``name.sql`` of a remedy that is a package, with the bodies that it names."""
    text = resources.files("pgclinic.remedies").joinpath(remedy, f"{name}.sql").read_text(encoding="utf-8")
    return _INCLUDED.sub(lambda found: body_of(found[1], found[2]), text)


def block(body: str, values: Mapping[str, str], *variables: tuple[str, ...], types: Mapping[str, str]) -> str:
    """Statements of PL/pgSQL as one of SQL; ``values`` are constants, text but for those that ``types`` names."""
    declared = [*_constants(values, types), *(each for group in variables for each in group)]
    lines = "".join(f"    {each};\n" for each in declared)
    text = f"declare\n{lines}begin\n{body.strip(chr(10))}\nend"
    return f"do {quote.dollars(text)}"


def function(body: str, values: Mapping[str, str], head: str, *, types: Mapping[str, str]) -> str:
    """A function from a body that begins with ``declare``, and ``head``, which is all that stands before it."""
    lines = "".join(f"    {each};\n" for each in _constants(values, types))
    return f"{head} as {quote.dollars(body.strip().replace('declare', f'declare{chr(10)}{lines.rstrip()}', 1))}"


def _constants(values: Mapping[str, str], types: Mapping[str, str]) -> Iterator[str]:
    for name, value in values.items():
        yield f"{name} constant {types.get(name, 'pg_catalog.text')} := {quote.literal(value)}"
