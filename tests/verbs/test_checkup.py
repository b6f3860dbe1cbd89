import itertools

import msgspec
import pytest

from pgclinic import checks
from pgclinic.model.baseline import Baseline, KnownFinding
from pgclinic.model.catalog import Relation, Setting
from pgclinic.model.checkup import Checkup, SetThreshold
from pgclinic.model.configuration import Configuration
from pgclinic.model.counters import StatementCounters, TableCounters
from pgclinic.model.errors import UserError
from pgclinic.model.finding import BlindSpot, Severity
from pgclinic.model.snapshot import FIRST_PROBES, Header, Server, Snapshot
from pgclinic.probes import probes
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive

_BARE = Snapshot(
    header=Header(
        format_version=1,
        collector="test",
        clock="2026-11-22T12:00:00+00:00",
        probes=tuple(probe.name for probe in probes()),
    ),
    server=Server(version_num=180000, version="18.0", database="app", started_at="2026-01-01T00:00:00+00:00"),
)
_UNSAFE = msgspec.structs.replace(_BARE, settings=(Setting(name="autovacuum", value="off"),))


def test_a_check_that_cannot_judge_is_a_blind_spot_and_never_health() -> None:
    hidden = BlindSpot("indexes", "A lock hid the indexes.")
    result = drive(checkup(msgspec.structs.replace(_BARE, blind_spots=(hidden,))))
    subjects = {spot.subject for spot in result.blind_spots}
    assert hidden in result.blind_spots
    assert {"invalid_index", "duplicate_index", "slow_statement"} <= subjects
    assert "dead_rows" not in subjects
    assert result.grade.confidence in "CDF"


def test_what_an_older_visit_did_not_ask_is_a_blind_spot_too() -> None:
    older = msgspec.structs.replace(_BARE.header, probes=FIRST_PROBES[1:])
    snapshot = msgspec.structs.replace(_BARE, header=older)
    assert not snapshot.sees(FIRST_PROBES[0])
    assert snapshot.sees(FIRST_PROBES[1])
    line = msgspec.json.encode(_BARE.header).replace(b',"probes":', b',"unknown":')
    assert msgspec.json.decode(line, type=Header).probes == FIRST_PROBES


def test_a_server_without_pg_stat_statements_has_no_statement_score_pretended() -> None:
    blind = tuple(BlindSpot(probe, "not installed") for probe in ("statements", "table_counters"))
    grade = drive(checkup(msgspec.structs.replace(_BARE, blind_spots=blind))).grade
    assert {category.name: category.score for category in grade.categories}["statements"] is None


def test_findings_come_worst_first_and_the_grade_is_capped() -> None:
    result = drive(checkup(_UNSAFE))
    assert result.findings[0].severity is Severity.CRITICAL
    assert result.grade.cap == "autovacuum_off"
    assert result.grade.letter == "F"


@pytest.mark.parametrize("by", ["check", "family", "fingerprint"])
def test_what_is_ignored_is_not_listed_and_still_counts_in_the_grade(by: str) -> None:
    whole = drive(checkup(_UNSAFE))
    (finding,) = whole.findings
    name = {"check": "autovacuum_off", "family": "storage", "fingerprint": finding.fingerprint}[by]
    result = drive(checkup(_UNSAFE, ignore=[name]))
    assert result.findings == ()
    assert [(each.finding, each.is_known) for each in result.set_aside] == [(finding, False)]
    assert result.grade == whole.grade
    assert result.listed_grade is not None
    assert result.listed_grade.score > 90 > result.grade.score


@pytest.mark.parametrize("by", ["check", "family", "fingerprint"])
def test_only_lists_what_it_names_and_the_grade_speaks_of_what_was_examined(by: str) -> None:
    whole = drive(checkup(_UNSAFE))
    (finding,) = whole.findings
    name = {"check": "autovacuum_off", "family": "storage", "fingerprint": finding.fingerprint}[by]
    result = drive(checkup(_UNSAFE, only=[name]))
    assert result.findings == (finding,)
    assert result.set_aside == ()
    assert drive(checkup(_UNSAFE, only=["dead_rows"])).findings == ()
    others = drive(checkup(_UNSAFE, only=["sequence_near_end"]))
    assert others.findings == ()
    assert set(others.left_out) == set(checks.names()) - {"sequence_near_end"}
    assert others.grade.confidence == "F"


def test_what_the_baseline_knows_is_not_listed_until_it_is_worse() -> None:
    (finding,) = drive(checkup(_UNSAFE)).findings
    entry = KnownFinding(fingerprint=finding.fingerprint, check=finding.check, severity=finding.severity, comment="x")
    known = drive(checkup(_UNSAFE, baseline=Baseline((entry,))))
    assert known.findings == ()
    assert [(each.finding, each.is_known, each.comment) for each in known.set_aside] == [(finding, True, "x")]
    milder = msgspec.structs.replace(entry, severity=Severity.WARNING)
    assert drive(checkup(_UNSAFE, baseline=Baseline((milder,)))).findings == (finding,)
    bare = KnownFinding(fingerprint=finding.fingerprint)
    assert drive(checkup(_UNSAFE, baseline=Baseline((bare,)))).findings == ()


def test_what_the_baseline_knows_and_is_not_found_is_gone_where_it_could_be_looked_for() -> None:
    looked_for = KnownFinding(fingerprint="0" * 12, check="sequence_near_end", severity=Severity.NOTICE)
    unseen = KnownFinding(fingerprint="1" * 12, check="slow_statement", severity=Severity.NOTICE)
    result = drive(checkup(_UNSAFE, baseline=Baseline((looked_for, unseen))))
    assert result.gone == (looked_for,)
    assert drive(checkup(_UNSAFE, only=["dead_rows"], baseline=Baseline((looked_for, unseen)))).gone == ()


def test_thresholds_of_the_configuration_are_used_and_said() -> None:
    relation = Relation(oid=1, schema="public", name="t", kind="r", owner="o", tuples=100_000)
    counters = TableCounters(relation=1, n_live_tup=100_000, n_dead_tup=15_000)
    snapshot = msgspec.structs.replace(_BARE, relations=(relation,), table_counters=(counters,))
    assert [finding.check for finding in drive(checkup(snapshot, only=["dead_rows"])).findings] == ["dead_rows"]
    set_so = Configuration(thresholds={"dead_rows": {"notable_share": 0.2, "min_rows": 10_000}})
    result = drive(checkup(snapshot, only=["dead_rows"], configuration=set_so))
    assert result.findings == ()
    assert result.thresholds == (SetThreshold(check="dead_rows", name="notable_share", value=0.2, default=0.1),)


def test_an_unknown_name_is_said_in_one_sentence() -> None:
    with pytest.raises(UserError, match="no check, family or finding 'nonsense'"):
        drive(checkup(_BARE, only=["nonsense"]))
    with pytest.raises(UserError, match="did you mean dead_rows"):
        drive(checkup(_BARE, ignore=["deadrows"]))


def test_progress_counts_to_the_end() -> None:
    steps: list[tuple[int | None, int | None]] = []
    result = drive(checkup(_BARE), lambda progress: steps.append((progress.done, progress.total)))
    assert isinstance(result, Checkup)
    without_plan = [name for name in checks.names() if not checks.load(name).is_planned]
    assert steps[-1] == (len(without_plan), len(without_plan))
    assert all(earlier[0] <= later[0] for earlier, later in itertools.pairwise(steps))


def test_the_same_snapshot_gives_the_same_bytes() -> None:
    assert msgspec.json.encode(drive(checkup(_UNSAFE))) == msgspec.json.encode(drive(checkup(_UNSAFE)))


def test_statements_that_are_partly_hidden_lower_the_confidence() -> None:
    some = BlindSpot("statements", "hides 47 statements of other roles", object="47 statements")
    counted = (StatementCounters(queryid="1", role="app", text="select 1", calls=1_000, total_ms=10, mean_ms=0.01),)
    seen = msgspec.structs.replace(_BARE, statements=counted)
    hidden = msgspec.structs.replace(seen, blind_spots=(some,))
    assert drive(checkup(seen)).grade.confidence == "A"
    assert drive(checkup(hidden)).grade.confidence == "C"
