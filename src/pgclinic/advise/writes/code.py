"""Ready code for a batch, stack by stack."""

from collections.abc import Iterator, Sequence

from pgclinic.advise.stacks import SUPABASE, examples, list_of, text_of
from pgclinic.advise.writes.forms import Form
from pgclinic.model.catalog import Relation
from pgclinic.model.prescription import CodeExample
from pgclinic.sql import quote
from pgclinic.sql.batching import Parameter, SingleRow

COPY = "psycopg, COPY"


def code_for(
    table: Relation, row: SingleRow | None, parameters: Sequence[Parameter], form: Form
) -> tuple[CodeExample, ...]:
    """``rows`` is a list of dictionaries, whose keys are the names of the parameters, everywhere.

    ``row`` is None for what changes or deletes rows.
    """
    arguments = [list_of(each.name) for each in parameters]
    return (
        *examples(form.sql, arguments, returns_rows=row is not None and row.has_returning),
        *_supabase(table, row, parameters, form),
        *(_copy(table, row, parameters) if row is not None else ()),
    )


def _supabase(
    table: Relation, row: SingleRow | None, parameters: Sequence[Parameter], form: Form
) -> Iterator[CodeExample]:
    """The function by its name; what PostgREST writes itself, where it is the same."""
    schema = "" if table.schema == "public" else f".schema({text_of(table.schema)})"
    function = form.function
    if function is not None:
        lists = ",\n  ".join(
            f"{text_of(name)}: {list_of(each.name).javascript}"
            for (name, _), each in zip(function.arguments, parameters, strict=True)
        )
        yield CodeExample(SUPABASE, f"await supabase{schema}.rpc({text_of(function.name.name)}, {{\n  {lists},\n}});")
        return
    cells = _cells(row, parameters) if row is not None else None
    if row is None or cells is None or row.conflict == "update" or (row.conflict and not row.key):
        return
    fields = ", ".join(f"{text_of(column)}: row[{text_of(name)}]" for column, name in cells)
    objects = f"rows.map((row) => ({{ {fields} }}))"
    target = f"await supabase{schema}.from({text_of(table.name)})"
    if row.conflict:
        options = f"{{ onConflict: {text_of(','.join(row.key))}, ignoreDuplicates: true }}"
        yield CodeExample(SUPABASE, f"{target}.upsert(\n  {objects},\n  {options},\n);")
    else:
        yield CodeExample(SUPABASE, f"{target}.insert(\n  {objects},\n);")


def _copy(table: Relation, row: SingleRow, parameters: Sequence[Parameter]) -> Iterator[CodeExample]:
    """COPY, the fastest of all, for plain appends; it is refused under row-level security."""
    cells = _cells(row, parameters)
    if cells is None or row.conflict or row.has_returning or table.row_security:
        return
    columns = ", ".join(quote.identifier(column) for column, _ in cells)
    copy = text_of(f"copy {quote.relation(table.relation_name)} ({columns}) from stdin")
    values = ", ".join(f"row[{text_of(name)}]" for _, name in cells)
    yield CodeExample(
        COPY, f"with cursor.copy({copy}) as copy:\n    for row in rows:\n        copy.write_row([{values}])"
    )


def _cells(row: SingleRow, parameters: Sequence[Parameter]) -> list[tuple[str, str]] | None:
    """Each column with the name of its parameter; None when anything else is written."""
    names = {each.number: each.name for each in parameters}
    found = []
    for column, value in row.cells:
        number = value.param_ref.number if value.WhichOneof("node") == "param_ref" else 0
        if number not in names:
            return None
        found.append((column, names[number]))
    return found
