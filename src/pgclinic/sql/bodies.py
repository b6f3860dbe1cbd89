"""What a function's body asks: the SQL in PL/pgSQL and SQL bodies, made fit to be parsed by a server on its own.

PL/pgSQL looks at its statements only when they are run. Here each becomes a statement in which the function's
variables are nulls of their types, so that PREPARE says whether every table and column that it names is there.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from postgast.native import lib

from pgclinic.sql.statements import UnreadableSqlError, parsed
from pgclinic.sql.tokens import tokens_of
from pgclinic.sql.tree import Tree, expression_of, nodes, replace_nodes, strings, written

_STRAY = re.compile(r"(?<=[\[,])\{\}\}(?=,)")
"""libpg_query closes the empty datums of a trigger function once too often (``dump_function``)."""
_EXPRESSION, _ASSIGNMENT = 2, 3
"""parseMode: RAW_PARSE_PLPGSQL_EXPR, and from RAW_PARSE_PLPGSQL_ASSIGN1 on (parser.h)."""
_ROWS = ("new", "old")
_OF_TRIGGERS = dict.fromkeys(
    ("tg_name", "tg_when", "tg_level", "tg_op", "tg_relname", "tg_table_name", "tg_table_schema", "tg_event", "tg_tag"),
    "text",
) | {"tg_relid": "oid", "tg_nargs": "int", "tg_argv": "text[]"}
"""Variables that a trigger's function has by itself."""
_ALIAS = re.compile(r"\balias\s+for\b", re.IGNORECASE)
"""Another name for a variable, which the parser's answer does not tell."""


class _Names(msgspec.Struct, frozen=True):
    """What a name in a body may mean: variables with their types, records, and what may stand before either."""

    variables: Mapping[str, str]
    records: frozenset[str] = frozenset()
    qualifiers: frozenset[str] = frozenset()


class BodyQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A statement of a body. ``kind`` is its parse-tree node; ``is_exact``: no variable in it lost its type.

    ``line`` is counted from the body's first line, 0 where it is not known.
    """

    sql: str
    kind: str
    line: int = 0
    is_exact: bool = True


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """``rows`` are the fields of a trigger's NEW and OLD that it names; ``makes`` the tables that it creates itself."""

    queries: tuple[BodyQuery, ...] = ()
    rows: frozenset[str] = frozenset()
    makes: frozenset[str] = frozenset()


def body_of(definition: str) -> Body:
    """The body of a CREATE FUNCTION or CREATE PROCEDURE. Raises UnreadableSqlError for what cannot be read."""
    (statement,) = parsed(definition).stmts
    function = statement.stmt.create_function_stmt
    options = {each.def_elem.defname: each.def_elem.arg for each in function.options}
    language = options["language"].string.sval if "language" in options else "sql"
    if function.HasField("sql_body"):
        return Body()  # parsed when it was made, and kept by its dependencies since
    name = strings(function.funcname)[-1]
    if language == "plpgsql":
        return Body() if _ALIAS.search(definition) else _of_plpgsql(definition, name)
    if language == "sql" and "as" in options:
        names = _Names(_arguments(function), qualifiers=frozenset({name}))
        return _of_sql(strings(options["as"].list.items)[0], names)
    return Body()


def _arguments(function: Tree) -> Mapping[str, str]:
    names = {}
    for number, each in enumerate(function.parameters, 1):
        parameter = each.function_parameter
        type_ = _type(parameter.arg_type)
        names[parameter.name or f"${number}"] = type_
        names[f"${number}"] = type_
    return names


def _type(type_name: Tree) -> str:
    tree = parsed("select cast(null as int)")
    tree.stmts[0].stmt.select_stmt.target_list[0].res_target.val.type_cast.type_name.CopyFrom(type_name)
    try:
        return written(tree).partition("NULL::")[2]
    except UnreadableSqlError:
        return ""


def _of_sql(text: str, names: _Names) -> Body:
    queries = []
    for statement in parsed(text).stmts:
        tree = parsed("select")
        tree.stmts[0].stmt.CopyFrom(statement.stmt)
        line = text.encode()[: statement.stmt_location].count(b"\n")
        queries.append(_query(tree, names, line))
    return Body(queries=tuple(queries), makes=_made(queries))


def _of_plpgsql(definition: str, name: str) -> Body:
    queries: list[BodyQuery] = []
    rows: set[str] = set()
    for function in _parsed_plpgsql(definition):
        content = function.get("PLpgSQL_function", {})
        datums = content.get("datums", [])
        labels = frozenset(_labels(content.get("action", {})))
        names = _Names({**_OF_TRIGGERS, **_variables(datums)}, _records(datums), labels | {name})
        rows |= _row_fields(datums)
        for text, mode, line in _expressions(content.get("action", {}), 0):
            query = _expression(text, mode, names, line)
            if query is not None:
                queries.append(query)
    return Body(queries=tuple(queries), rows=frozenset(rows), makes=_made(queries))


def _made(queries: list[BodyQuery]) -> frozenset[str]:
    """Names of the tables that the body makes."""
    found = set()
    for query in queries:
        if query.kind in {"create_stmt", "create_table_as_stmt"}:
            node = getattr(parsed(query.sql).stmts[0].stmt, query.kind)
            found.add((node.relation if query.kind == "create_stmt" else node.into.rel).relname)
    return frozenset(found)


def _parsed_plpgsql(definition: str) -> list[dict[str, Any]]:
    """As ``postgast.parse_plpgsql``, whose JSON is broken for trigger functions."""
    result = lib.pg_query_parse_plpgsql(definition.encode())
    try:
        if result.error:
            message: bytes = result.error.contents.message
            raise UnreadableSqlError(message.decode(errors="replace"))
        text: str = result.plpgsql_funcs.decode()
    finally:
        lib.pg_query_free_plpgsql_parse_result(result)
    try:
        found: list[dict[str, Any]] = json.loads(_STRAY.sub("{}", text))
    except ValueError as error:
        raise UnreadableSqlError(f"the parser's answer cannot be read: {error}") from error
    return found


def _variables(datums: list[dict[str, Any]]) -> dict[str, str]:
    """Scalars with their types, empty where a type depends on a table (``%type``)."""
    found = {}
    for each in datums:
        if (variable := each.get("PLpgSQL_var")) is not None:
            name = variable.get("datatype", {}).get("PLpgSQL_type", {}).get("typname", "")
            found[variable["refname"]] = "" if "%" in name else name
    return found


def _records(datums: list[dict[str, Any]]) -> frozenset[str]:
    records = {each["PLpgSQL_rec"]["refname"] for each in datums if "PLpgSQL_rec" in each}
    whole = {
        each["PLpgSQL_var"]["refname"]
        for each in datums
        if "%rowtype" in each.get("PLpgSQL_var", {}).get("datatype", {}).get("PLpgSQL_type", {}).get("typname", "")
    }
    return frozenset(records | whole)


def _row_fields(datums: list[dict[str, Any]]) -> set[str]:
    """Fields of NEW and OLD."""
    parents = {
        number: each["PLpgSQL_rec"]["refname"]
        for number, each in enumerate(datums)
        if each.get("PLpgSQL_rec", {}).get("refname") in _ROWS
    }
    fields = (each["PLpgSQL_recfield"] for each in datums if "PLpgSQL_recfield" in each)
    return {field["fieldname"] for field in fields if field.get("recparentno", 0) in parents}


def _expressions(part: Any, line: int) -> Iterator[tuple[str, int, int]]:  # noqa: ANN401 - JSON
    """Every query of a body with its parse mode and line, in order."""
    if isinstance(part, list):
        for each in part:
            yield from _expressions(each, line)
    elif isinstance(part, dict):
        line = part.get("lineno", line) or line
        if "query" in part and isinstance(part["query"], str):
            yield part["query"], part.get("parseMode", 0), line
            return
        for each in part.values():
            yield from _expressions(each, line)


def _labels(part: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Names of blocks and loops."""
    if isinstance(part, list):
        for each in part:
            yield from _labels(each)
    elif isinstance(part, dict):
        if isinstance(part.get("label"), str):
            yield part["label"]
        for each in part.values():
            yield from _labels(each)


def _expression(text: str, mode: int, names: _Names, line: int) -> BodyQuery | None:
    try:
        if mode >= _ASSIGNMENT:
            text = _assigned(text)
        tree = parsed(f"select {text}\n" if mode >= _EXPRESSION else text)
    except UnreadableSqlError:
        return None
    return _query(tree, names, line) if len(tree.stmts) == 1 else None


def _assigned(text: str) -> str:
    """What stands behind ``:=`` or ``=``."""
    token = next((each for each in tokens_of(text) if each.kind in {"COLON_EQUALS", "ASCII_61"}), None)
    return text if token is None else text.encode()[token.end :].decode()


def _query(tree: Tree, names: _Names, line: int) -> BodyQuery:
    is_exact = True

    def replacement(node: Tree) -> Tree | None:
        nonlocal is_exact
        name = _variable(node, names)
        if name is None:
            return None
        type_ = names.variables.get(name, "")
        is_exact = is_exact and bool(type_)
        return _null(type_)

    kind: str = tree.stmts[0].stmt.WhichOneof("node") or ""
    replace_nodes(tree, replacement)
    try:
        sql = written(tree)
    except UnreadableSqlError:
        sql = "select"
    return BodyQuery(sql=sql, kind=kind, line=line, is_exact=is_exact)


def _variable(node: Tree, names: _Names) -> str | None:
    """The variable that a reference means, empty for a record's field, None for what is none."""
    match node.WhichOneof("node"):
        case "param_ref":
            return f"${node.param_ref.number}"
        case "column_ref":
            path = strings(node.column_ref.fields)
            known = names.variables.keys() | names.records
            if len(path) > 1 and path[0] in names.qualifiers and path[1] in known:
                path = path[1:]
            is_whole = node.column_ref.fields[-1].WhichOneof("node") == "string"
            if len(path) == 1 and is_whole and path[0] in known:
                return path[0]
            return "" if len(path) > 1 and path[0] in names.records else None
        case _:
            return None


def _null(type_: str) -> Tree:
    try:
        return expression_of(f"null::{type_}" if type_ else "null")
    except UnreadableSqlError:
        return expression_of("null")


def constant_queries(body: Body) -> Iterator[BodyQuery]:
    """The body's own statements, and those that it executes as constant texts."""
    for query in body.queries:
        yield query
        if query.kind != "select_stmt":
            continue
        for text in _constants(query.sql):
            try:
                tree = parsed(text)
            except UnreadableSqlError:
                continue
            if len(tree.stmts) == 1:
                kind = tree.stmts[0].stmt.WhichOneof("node") or ""
                yield BodyQuery(sql=text, kind=kind, line=query.line)


def _constants(sql: str) -> Iterator[str]:
    for node in nodes(parsed(sql)):
        if node.WhichOneof("node") == "a_const" and node.a_const.WhichOneof("val") == "sval":
            yield node.a_const.sval.sval
