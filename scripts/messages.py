"""Gather every text for people and bring the catalogues of ``src/pgclinic/report/locale`` up to date.

CONTRIBUTING.md, "Words for people", says how a text is marked. ``make messages`` runs this; it keeps translations,
adds what is new without one, and drops what is gone. What has no translation is shown in English.
"""

import ast
import io
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import jinja2
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from pgclinic.verbs.check_pages import sections

SOURCE = Path(__file__).parent.parent / "src" / "pgclinic"
LOCALE = SOURCE / "report" / "locale"
PLURALS = {"fr": "nplurals=2; plural=(n > 1);"}
"""The languages that have a catalogue, and how each says several."""
_SAYING = {"say": 1, "say_many": 2, "later": 1}
"""Functions whose first arguments are texts."""
_FIELDS = {
    "Finding": {2: "summary", 3: "advice"},
    "BlindSpot": {1: "reason"},
    "Doubt": {0: "reason"},
    "Statement": {2: "lock", 3: "blocks"},
    "Prescription": {4: "reason"},
    "Declined": {2: "reason"},
    "prescribed": {2: "reason"},
    "setting_changed": {3: "reason"},
    "sums_kept": {2: "reason"},
    "ApplicationChange": {0: "summary"},
    "Progress": {0: "step", 3: "note"},
    "UserError": {0: "sentence"},
    "Service": {5: "settings_place"},
    "Remark": {0: "text"},
    "StackPart": {2: "reason"},
    "StackRemark": {0: "text"},
    "ObjectName": {0: "kind"},
}
"""Nouns with the fields that hold texts: where they stand without a name, and their names."""
_FACT_UNIT = 2


class Text(NamedTuple):
    """One text, its plural form or nothing, and the file that it stands in, relative to ``src/pgclinic``."""

    one: str
    many: str
    file: str


def texts() -> list[Text]:
    """Every marked text, in the order of files and lines."""
    found = [text for path in sorted(SOURCE.rglob("*.py")) for text in _of_python(path)]
    found += [text for path in sorted(SOURCE.glob("*/templates/*.html")) for text in _of_template(path)]
    found += [
        Text(path.stem.replace("_", " "), "", f"probes/{path.name}")
        for path in sorted(SOURCE.glob("probes/*.py"))
        if path.stem != "__init__"
    ]
    return [text for text in found if text.one.strip()]


def catalogue(code: str, *old: Catalog) -> Catalog:
    """All texts with the translations that the catalogues ``old`` have for them, the first that has one."""
    new = read_po(io.StringIO(_head(code)))
    for text in texts():
        new.add((text.one, text.many) if text.many else text.one, locations=[(text.file, 0)])
    for message in (message for each in reversed(old) for message in each):
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and message.id in new and all(said):
            new[message.id].string = message.string
    return new


def written(code: str, catalog: Catalog) -> str:
    """The catalogue as a ``.po`` file, without dates or line numbers: the same texts give the same bytes."""
    file = io.BytesIO()
    write_po(file, catalog, width=110, sort_output=True, include_lineno=False, omit_header=True)
    return _head(code) + file.getvalue().decode()


def _head(code: str) -> str:
    """What stands first in a ``.po`` file: the translation of nothing."""
    return (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {code}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Plural-Forms: {PLURALS[code]}\\n"\n\n'
    )


def compiled(po: str) -> bytes:
    """The ``.mo`` file that gettext reads."""
    file = io.BytesIO()
    catalog = read_po(io.StringIO(po))
    catalog.mime_headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Plural-Forms", catalog.plural_forms),
    ]
    catalog.creation_date = datetime.fromtimestamp(0, UTC)  # it would be now: the same text gives the same bytes
    write_mo(file, catalog)
    return file.getvalue()


def _of_python(path: Path) -> Iterator[Text]:
    file = path.relative_to(SOURCE).as_posix()
    tree = ast.parse(path.read_text())
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    if path.parent.name == "checks" and path.stem != "__init__":
        yield from _of_page(ast.get_docstring(tree) or "", file)
    if path.parent.name in {"remedies", "reviews"} and path.stem != "__init__":
        yield Text((ast.get_docstring(tree) or "").partition("\n")[0], "", file)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node, constants, file)


def _of_page(documentation: str, file: str) -> Iterator[Text]:
    """The illness in plain words, then each paragraph of the page."""
    yield Text(documentation.partition("\n")[0], "", file)
    yield from (Text(paragraph, "", file) for section in sections(documentation) for paragraph in section.paragraphs)


def _of_call(call: ast.Call, constants: dict[str, ast.expr], file: str) -> Iterator[Text]:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name in _SAYING:
        words = [argument.value for argument in call.args[: _SAYING[name]] if isinstance(argument, ast.Constant)]
        if len(words) == _SAYING[name]:
            yield Text(words[0], words[1] if len(words) > 1 else "", file)
    elif name in _FIELDS:
        given = {_FIELDS[name][number]: each for number, each in enumerate(call.args) if number in _FIELDS[name]}
        given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg in _FIELDS[name].values()}
        for value in given.values():
            yield from (Text(words, "", file) for words in _strings(value, constants))
    elif name == "Fact" and call.args and isinstance(call.args[0], ast.Constant):
        yield Text(str(call.args[0].value).replace("_", " "), "", file)
        unit = call.args[_FACT_UNIT] if len(call.args) > _FACT_UNIT else None
        unit = next((keyword.value for keyword in call.keywords if keyword.arg == "unit"), unit)
        is_phrase = unit is not None and any(getattr(node, "attr", "") == "PHRASE" for node in ast.walk(unit))
        if is_phrase and len(call.args) > 1:
            yield from (Text(words, "", file) for words in _strings(call.args[1], constants))


def _strings(value: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    """The literal texts that an expression may give: itself, either arm of an if, or a constant of the file."""
    match value:
        case ast.Constant(value=str() as words):
            yield words
        case ast.IfExp(body=body, orelse=orelse):
            yield from _strings(body, constants)
            yield from _strings(orelse, constants)
        case ast.BoolOp(values=values):
            for each in values:
                yield from _strings(each, constants)
        case ast.Name(id=name) if name in constants:
            yield from _strings(constants[name], {})
        case ast.Dict(values=values):
            for each in values:
                yield from _strings(each, constants)
        case ast.Subscript(value=inner):
            yield from _strings(inner, constants)


def _of_template(path: Path) -> Iterator[Text]:
    file = path.relative_to(SOURCE).as_posix()
    tree = jinja2.Environment(autoescape=True).parse(path.read_text())
    for call in tree.find_all(jinja2.nodes.Call):
        name = getattr(call.node, "name", "")
        if name in _SAYING:
            words = [each.value for each in call.args[: _SAYING[name]] if isinstance(each, jinja2.nodes.Const)]
            if len(words) == _SAYING[name]:
                yield Text(words[0], words[1] if len(words) > 1 else "", file)


def _sides(po: Path) -> list[str]:
    """The catalogue as it is; in a conflict both sides, of which git merges neither into the other."""
    sides = []
    for stage in (2, 3):
        command = ["git", "-C", str(po.parent), "show", f":{stage}:./{po.name}"]
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
        sides += [shown.stdout] if shown.returncode == 0 else []
    return sides or ([po.read_text()] if po.exists() else [])


def main() -> None:
    """Write each language's ``.po`` and ``.mo``."""
    for code in PLURALS:
        folder = LOCALE / code / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        po = folder / "pgclinic.po"
        old = [read_po(io.StringIO(side)) for side in _sides(po)]
        text = written(code, catalogue(code, *old))
        po.write_text(text)
        po.with_suffix(".mo").write_bytes(compiled(text))


if __name__ == "__main__":
    main()
