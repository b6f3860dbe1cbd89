"""How many rows a condition keeps, as the statistics say."""

import pytest

from pgclinic.advise.candidates.shares import share_of
from pgclinic.advise.candidates.target import Target
from pgclinic.advise.limits import Limits
from pgclinic.model.catalog import Column, Relation
from pgclinic.model.shape import Condition, RelationUse
from pgclinic.model.snapshot import FORMAT_VERSION, Header, Server, Snapshot
from pgclinic.model.statistics import ColumnStatistics

SNAPSHOT = Snapshot(
    header=Header(format_version=FORMAT_VERSION, collector="test", clock="2026-01-01T00:00:00+00:00"),
    server=Server(version_num=180000, version="18.0", database="d"),
    relations=(Relation(oid=1, schema="public", name="t", kind="r", owner="o", tuples=1000, pages=50),),
    columns=(
        Column(relation=1, number=1, name="n", type="integer"),
        Column(relation=1, number=2, name="flag", type="boolean"),
        Column(relation=1, number=3, name="unseen", type="integer"),
    ),
    column_statistics=(
        ColumnStatistics(
            relation=1,
            column="n",
            null_frac=0.1,
            n_distinct=12,
            most_common_vals="{5,7}",
            most_common_freqs=(0.3, 0.1),
            histogram_bounds="{0,10,20,30,40}",
        ),
        ColumnStatistics(
            relation=1, column="flag", n_distinct=2, most_common_vals="{f,t}", most_common_freqs=(0.99, 0.01)
        ),
    ),
)


@pytest.mark.parametrize(
    ("column", "operator", "constants", "expected"),
    [
        ("n", "is null", (), 0.1),
        ("n", "is not null", (), 0.9),
        ("n", "=", ("5",), 0.3),
        ("n", "=", ("6",), 0.05),
        ("n", "=", ("5", "7"), 0.4),
        ("n", "<>", ("5",), 0.6),
        ("n", "<=", ("20",), 0.4 + 0.5 * 3 / 5),
        ("n", ">", ("30",), 0.5 * 2 / 5),
        ("n", ">", ("soon",), None),
        ("n", "=", (), None),
        ("flag", "=", (), 0.01),
        ("flag", "is false", (), 0.99),
        ("flag", "=", ("true",), 0.01),
        ("unseen", "=", ("5",), None),
    ],
)
def test_a_share(column: str, operator: str, constants: tuple[str, ...], expected: float | None) -> None:
    relation = SNAPSHOT.relations[0]
    target = Target(RelationUse(relation=relation.relation_name), relation, SNAPSHOT, Limits())
    share = share_of(target, Condition(operand=column, operator=operator, constants=constants))
    assert share == (None if expected is None else pytest.approx(expected))
