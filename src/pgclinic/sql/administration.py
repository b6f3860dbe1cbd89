"""Statements that act on the server although they only read: a READ ONLY transaction does not stop them."""

from pgclinic.sql.tree import nodes, parse_one, strings

_PREFIXES = ("pg_", "lo_", "dblink", "postgres_fdw_")
_NAMES = frozenset({"set_config", "setval", "nextval", "query_to_xml", "query_to_xml_and_xmlschema", "cursor_to_xml"})


def administers(sql: str) -> bool:
    """Whether a statement calls functions that end sessions, take locks, read files, write elsewhere, or may do so.

    Told by their names, which PostgreSQL reserves; harmless ones among them are not told apart. Raises
    UnreadableSqlError.
    """
    for node in nodes(parse_one(sql)):
        if node.WhichOneof("node") == "func_call":
            name = strings(node.func_call.funcname)[-1:]
            if name and (name[0].startswith(_PREFIXES) or name[0] in _NAMES):
                return True
    return False
