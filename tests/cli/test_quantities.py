import pytest

from pgclinic.cli.quantities import chosen, share, sizes
from pgclinic.model.errors import UserError


def test_budgets_are_sorted_and_each_is_there_once() -> None:
    assert sizes(["1GB,100MB", "250 mb", "102400kB"]) == (100 << 20, 250 << 20, 1 << 30)
    assert sizes([]) == ()
    assert sizes(["0"]) == (0,)


@pytest.mark.parametrize("given", ["many", "-1GB", "1PB", "1e9", "nan", "9999999999TB"])
def test_what_is_no_size_is_said(given: str) -> None:
    with pytest.raises(UserError, match="--budget"):
        sizes([given])


def test_shares_are_percentages_or_fractions() -> None:
    assert (share("1%", "-"), share("0.5 %", "-"), share("0.25", "-"), share("100%", "-")) == (0.01, 0.005, 0.25, 1.0)
    for given in ("2", "101%", "-1%", "much", ""):
        with pytest.raises(UserError, match="--min-gain"):
            share(given, "--min-gain")


def test_choices_are_named_when_one_is_not_among_them() -> None:
    assert chosen(["GIN,btree", "gin"], ("btree", "gin"), "--kinds") == {"btree", "gin"}
    with pytest.raises(UserError, match="there is no 'rtree'; choose from btree, gin"):
        chosen(["rtree"], ("btree", "gin"), "--kinds")
    with pytest.raises(UserError, match="is empty"):
        chosen([","], ("btree", "gin"), "--kinds")
