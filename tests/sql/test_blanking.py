"""Definitions without their values: shapes stay, equal constants get equal places, what is unreadable goes."""

import pytest

from pgclinic.sql.blanking import Blanks, without_comments

PARTITION = "create table t partition of p "
CONSTRAINT = "alter table t add constraint c "


@pytest.mark.parametrize(
    ("text", "blanked"),
    [
        ("(status = 'a'::text)", "(status = $1::text)"),
        ("a = 1 or b = 1 or c = 2", "a = $1 or b = $1 or c = $2"),
        ("x = -5", "x = -$1"),
        ("é = 'é' and f(E'a\\'b')", "é = $1 and f($2)"),
        ("(x)::numeric(10,2) > 1.5", "(x)::numeric(10,2) > $1"),
        ("'a'::character varying(20)", "$1::character varying(20)"),
        ("nextval('public.s'::regclass)", "nextval('public.s'::regclass)"),
        ("to_tsvector('english'::regconfig, a)", "to_tsvector('english'::regconfig, a)"),
        ("CURRENT_TIMESTAMP(3)", "CURRENT_TIMESTAMP(3)"),
        ("a is null or b = true", "a is null or b = true"),
        ("B'101' = x or X'1f' = y", "$1 = x or $2 = y"),
        ("a = any ('{1,2}'::integer[])", "a = any ($1::integer[])"),
    ],
)
def test_expressions(text: str, blanked: str) -> None:
    assert Blanks().expression(text) == blanked


@pytest.mark.parametrize(
    ("beginning", "text", "blanked"),
    [
        (PARTITION, "FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')", "FOR VALUES FROM ($1) TO ($2)"),
        (PARTITION, "FOR VALUES IN ('a', NULL, '-5')", "FOR VALUES IN ($1, NULL, $2)"),
        (PARTITION, "FOR VALUES WITH (modulus 4, remainder 0)", "FOR VALUES WITH (modulus 4, remainder 0)"),
        (PARTITION, "DEFAULT", "DEFAULT"),
        (CONSTRAINT, "CHECK ((a > 5)) NOT VALID", "CHECK ((a > $1)) NOT VALID"),
        (CONSTRAINT, "UNIQUE (a) WITH (fillfactor='50')", "UNIQUE (a) WITH (fillfactor='50')"),
        ("", "CREATE INDEX i ON t USING gist (a o (siglen='32')) WHERE b = 3", None),
    ],
)
def test_fragments(beginning: str, text: str, blanked: str | None) -> None:
    expected = blanked or text.replace("b = 3", "b = $1")
    assert Blanks().within(beginning, text) == expected


def test_the_same_constant_keeps_its_place_from_text_to_text() -> None:
    blanks = Blanks()

    assert blanks.expression("a = 'x'") == "a = $1"
    assert blanks.expression("a = 'y'") == "a = $2"
    assert blanks.expression("b = 'x'") == "b = $1"


@pytest.mark.parametrize("text", ["a = ", "'unfinished", "a; drop table t; select 'x", "$$ $", "/* unfinished"])
def test_what_cannot_be_read_is_left_out(text: str) -> None:
    assert Blanks().expression(text) is None


def test_comments_go() -> None:
    assert without_comments("/* a */ select 1 /* b /* c */ */ + '/* kept */' -- d") == "select 1  + '/* kept */'"
