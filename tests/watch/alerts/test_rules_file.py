"""The file of rules: what is shipped, what is laid over, and one sentence for what does not fit."""

from pathlib import Path

import pytest

from pgclinic.model.errors import UserError
from pgclinic.model.finding import Severity
from pgclinic.watch.alerts.rules import Channel
from pgclinic.watch.alerts.rules_file import default_text, read

MISTAKES = {
    "[rules.p95]\nfires = '> 5 GB'": "[rules.p95] fires has to be a value such as '> 50 ms'",
    "[rules.p95]\nfires = 'often'": "[rules.p95] fires has to be a comparison",
    "[rules.p95]\nresolves = '< 60 ms'": "[rules.p95] resolves has to be no nearer to what is bad than fires (> 50 ms)",
    "[rules.p95]\nresolves = '> 40 ms'": "[rules.p95] resolves has to compare the other way round than fires (> 50 ms)",
    "[rules.p95]\nfor = '5 apples'": "[rules.p95] for has to be a number",
    "[rules.p95]\nfor = '-5 min'": "[rules.p95] for has to be a duration",
    "[rules.p95]\nfor = true": "[rules.p95] for has to be a text, and is true",
    "[rules.p95]\nfires_at = 3": "[rules.p95] has no key 'fires_at'",
    "[rules.p95]\nseverity = 'loud'": "[rules.p95] severity has to be one of info, notice, warning, critical",
    "[rules.p95]\nsays = '{valeu}'": "[rules.p95] says has no place {valeu}",
    "[rules.p95]\nobservation = 'p59_ms'": "[rules.p95] observation is none; did you mean p99_ms or p95_ms",
    "[rules.plan_regression]\nmedian_over = '5 s'": "[rules.plan_regression] median_over has to be at least 60 s",
    "[rules.p95]\nenabled = 1": "[rules.p95] enabled has to be true or false",
    "[rules.mine]\nobservation = 'p50_ms'": "[rules.mine] fires is missing",
    "[rules]\np95 = 3": "rules.p95 has to be a table, and is 3",
    "rules = 3": "rules has to be a table",
    "[ruels.p95]\nfires = '> 5 ms'": "it has no key 'ruels'",
    "channels = 3": "channels has to be a list of tables",
    "[[channels]]\nurl = '${NO_SUCH}'": "[channels 1] url names ${NO_SUCH}, and the environment has no NO_SUCH",
    "[[channels]]\nname = 'a'": "[channels 1] url is missing",
    "[[channels]]\nname='a'\nurl='json://a'\n[[channels]]\nname='a'\nurl='json://b'": "two [[channels]] are called 'a'",
    "[[silences]]\nrules = ['p59']": "[silences 1] rules names 'p59', which is no rule",
    "[[silences]]\ndaily = '25:00-26:00'": "[silences 1] daily has to be two times such as 22:00-06:00",
    "[[silences]]\ndays = ['sunday']": "[silences 1] days has to be of mon, tue",
    "[[silences]]\nzone = 'Mars/Base'": "[silences 1] zone has to be a time zone such as Europe/Paris",
    "[[silences]]\nfrom = 'soon'": "[silences 1] from has to be a time",
    "[[silences]]\nfrom = 2026-12-24T20:00:00": "[silences 1] from has to say its time zone",
    "[rules.p95": "is not TOML",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_what_does_not_fit_is_one_sentence_with_rule_and_key(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(UserError) as raised:
        read(path, {})
    sentence = str(raised.value)
    assert MISTAKES[text] in sentence
    assert str(path) in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_a_users_keys_are_laid_over_the_shipped_rules(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        "[rules.p95]\nfires = '>= 0.2 s'\n[rules.stale_view]\nenabled = false\n"
        "[rules.slot_growth]\nchange_over = '1 h'\n"
        "[rules.slow]\nobservation='p50_ms'\nfires='> 20 ms'\nresolves='< 10 ms'\nsays='{value}'\nresolved='{value}'\n"
    )
    rules = {rule.name: rule for rule in read(path, {}).rules}
    assert rules["p95"].fires.threshold == 200
    assert rules["p95"].resolves.threshold == 40
    assert "stale_view" not in rules
    assert rules["slot_growth"].over == 3_600
    assert rules["slow"].fires.threshold == 20


def test_every_shipped_rule_is_read_from_a_copy_of_the_shipped_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(default_text())
    assert read(path, {}).rules == read(None, {}).rules


def test_urls_come_from_the_environment_and_are_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("[[channels]]\nname = 'hook'\nurl = 'json://${USER_AND_KEY}@host'\nseverity = 'critical'\n")
    (channel,) = read(path, {"USER_AND_KEY": "me:s3cr3t"}).channels
    assert channel == Channel(name="hook", url="json://me:s3cr3t@host", severity=Severity.CRITICAL)
    assert "s3cr3t" not in repr(channel)
