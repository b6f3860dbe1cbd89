"""What the file of rules says about refreshing."""

from pathlib import Path

import pytest

from pgclinic.model.errors import UserError
from pgclinic.model.names import RelationName
from pgclinic.watch.refresh.settings import Refreshing, read


def test_views_may_have_times_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        "[refresh]\nonly = ['public.*']\nevery = '30 min'\nchanged = '20 %'\nahead = 5\n"
        "[refresh.views.'stats.daily']\nevery = '1 d'\n"
    )
    settings = read(path)
    daily = settings.of(RelationName("stats", "daily"))
    assert daily is not None
    assert (settings.every, settings.changed, settings.ahead) == (1_800, 0.2, 5)
    assert (daily.every, daily.changed) == (86_400, 0.2)
    assert settings.of(RelationName("public", "sums")) == settings
    assert settings.of(RelationName("stats", "other")) is None


def test_without_a_file_everything_is_kept_up_hourly() -> None:
    assert read(None) == Refreshing(every=3_600, changed=0.1, ahead=3)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[refresh]\nevery = 'soon'", "[refresh] every has to be a number"),
        ("[refresh]\nahead = 0", "[refresh] ahead has to be a number of partitions"),
        ("[refresh]\nviews = 3", "[refresh] views has to be a table"),
        ("[refresh.views.'a.b']\nahead = 3", "[refresh.views.a.b] has no key 'ahead'"),
        ("refresh = 3", "refresh has to be a table"),
    ],
)
def test_what_does_not_fit_is_one_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(UserError) as raised:
        read(path)
    assert sentence in str(raised.value)
