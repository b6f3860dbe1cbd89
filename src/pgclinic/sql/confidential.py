"""Statements that may hold a secret, and how much of them may be kept.

The server replaces the constants of queries before pg_stat_statements shows them, but not those of utility
statements: ``create role … password 'x'`` stands there verbatim.
"""

from pgclinic.sql.statements import UnreadableSqlError, normalize, parsed
from pgclinic.sql.tokens import NUMBERS, TEXTS, Token, replaced, tokens_of

_QUERIES = frozenset({"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})

_SECRET_STATEMENTS = frozenset(
    {
        "create_role_stmt",
        "alter_role_stmt",
        "alter_role_set_stmt",
        "create_user_mapping_stmt",
        "alter_user_mapping_stmt",
        "create_foreign_server_stmt",
        "alter_foreign_server_stmt",
        "create_fdw_stmt",
        "alter_fdw_stmt",
        "create_foreign_table_stmt",
        "import_foreign_schema_stmt",
        "create_subscription_stmt",
        "alter_subscription_stmt",
        "alter_system_stmt",
        "alter_database_set_stmt",
        "variable_set_stmt",
    }
)
"""Of libpg_query's node names: they hold secrets in places where nothing tells them from ordinary words."""

_SECRET_WORDS = frozenset({"PASSWORD", "ROLE", "USER", "MAPPING", "SERVER", "SUBSCRIPTION", "SYSTEM", "SET"})


def publishable(sql: str) -> str | None:
    """The statement as it may be kept, with ``$n`` for constants that the server left in; None to leave it out."""
    try:
        tokens = tokens_of(sql)
    except UnreadableSqlError:
        return None
    texts = [token for token in tokens if token.kind in TEXTS]
    try:
        kinds = {statement.stmt.WhichOneof("node") for statement in parsed(sql).stmts}
    except UnreadableSqlError:
        return None if _SECRET_WORDS & {token.kind for token in tokens} else _without_constants(sql, tokens)
    if kinds & _SECRET_STATEMENTS:
        return None
    if kinds <= _QUERIES:
        # A statement that was prepared before the counters were reset is shown with its constants. Not all of them can
        # be a parameter: ``group by 1`` is a place, and the scale of ``numeric(10, 2)`` belongs to the type.
        bare = normalize(sql) if texts else sql
        if not any(token.kind in TEXTS for token in tokens_of(bare)):
            return bare
    return _without_constants(sql, tokens)


def _without_constants(sql: str, tokens: tuple[Token, ...]) -> str:
    encoded = sql.encode()
    taken = [int(encoded[token.start + 1 : token.end]) for token in tokens if token.kind == "PARAM"]
    constants = [token for token in tokens if token.kind in TEXTS | NUMBERS]
    first = max(taken, default=0) + 1
    return replaced(sql, ((token, f"${number}") for number, token in enumerate(constants, first)))
