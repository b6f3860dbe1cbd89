"""Ready code that loads the rows of many parents at once."""

from collections.abc import Sequence

import msgspec

from pgclinic.advise.stacks import DJANGO, PRISMA, PSYCOPG, SQLALCHEMY, SUPABASE, Argument, examples, text_of
from pgclinic.model.catalog import Relation
from pgclinic.model.prescription import CodeExample
from pgclinic.sql.lookups import Lookup


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of ``child`` belong to those of ``parent`` by ``column`` and ``parent_column``.

    ``is_declared``: a foreign key says so, of the child when ``is_of_child``, else of the parent.
    """

    parent: Relation
    parent_column: str
    child: Relation
    column: str
    is_declared: bool
    is_of_child: bool = True


def code_for(link: Link, found: Lookup, sql: str, others: Sequence[int]) -> tuple[CodeExample, ...]:
    """``parents`` are the rows of the listing. psycopg runs the statement itself, the others load eagerly."""
    key = text_of(link.parent_column)
    place = len(found.outputs) if found.key_output is None else found.key_output
    arguments = [
        Argument("keys", f"[parent[{key}] for parent in parents]", f"parents.map((parent) => parent[{key}])"),
        *(Argument(f"value_{number}", f"value_{number}", f"value{number}") for number in others),
    ]
    plain = {each.stack: each.code for each in examples(sql, arguments, returns_rows=True)}
    grouped = f"by_key = {{}}\nfor row in found:\n    by_key.setdefault(row[{place}], []).append(row)"
    return (
        CodeExample(PSYCOPG, f"{plain[PSYCOPG]}\n{grouped}"),
        CodeExample(SQLALCHEMY, _sqlalchemy(link)),
        CodeExample(DJANGO, _django(link)),
        CodeExample(SUPABASE, _supabase(link, found)),
        CodeExample(PRISMA, _prisma(link)),
    )


def _sqlalchemy(link: Link) -> str:
    parent, relation = _model(link.parent), _attribute(link.child)
    return (
        f"# {parent}.{relation} is the relationship() to the rows of {_attribute(link.child)}\n"
        f"session.scalars(select({parent}).options(selectinload({parent}.{relation})))"
    )


def _django(link: Link) -> str:
    loader = "prefetch_related" if link.is_of_child else "select_related"
    return (
        f"# the related name of the foreign key between {_attribute(link.parent)} and {_attribute(link.child)}\n"
        f'{_model(link.parent)}.objects.{loader}("{_attribute(link.child)}")'
    )


def _supabase(link: Link, found: Lookup) -> str:
    columns = ", ".join(found.outputs)
    if link.is_declared:
        embedded = text_of(f"*, {link.child.name}({columns})")
        return f"const {{ data }} = await supabase.from({text_of(link.parent.name)}).select({embedded});"
    key = text_of(link.parent_column)
    return (
        "const { data } = await supabase\n"
        f"  .from({text_of(link.child.name)})\n"
        f"  .select({text_of(columns)})\n"
        f"  .in({text_of(link.column)}, parents.map((parent) => parent[{key}]));"
    )


def _prisma(link: Link) -> str:
    parent = _model(link.parent)
    client = parent[:1].lower() + parent[1:]
    return f"const found = await prisma.{client}.findMany({{ include: {{ {_attribute(link.child)}: true }} }});"


def _model(table: Relation) -> str:
    """The class of a table as object-relational mappers are mostly told to name it."""
    return "".join(word[:1].upper() + word[1:] for word in _attribute(table).split("_")) or "Parent"


def _attribute(table: Relation) -> str:
    """The table's name, where it is a name in Python and JavaScript too."""
    return table.name if table.name.isidentifier() and table.name.isascii() else "rows"
