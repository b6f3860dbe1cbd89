"""Rules over samples: for how long, hysteresis, silence, what is not seen."""

from collections.abc import Iterable

from alerting import BEGIN, at, sample, seen
from pgclinic.model.names import ObjectName
from pgclinic.model.watching import Sample, StatementDelta, TableDelta
from pgclinic.watch.alerts.engine import Change, Phase, Standing, judged
from pgclinic.watch.alerts.measures import Measures
from pgclinic.watch.alerts.notices import notice_of
from pgclinic.watch.alerts.rules import Rules
from pgclinic.watch.alerts.rules_file import read
from pgclinic.watch.alerts.silences import Silence

DEFAULTS = read(None, {})


def only(*names: str, silences: tuple[Silence, ...] = ()) -> Rules:
    return Rules(rules=tuple(each for each in DEFAULTS.rules if each.name in names), silences=silences)


class Watch:
    """What stands after each sample, as a ledger would keep it."""

    def __init__(self, rules: Rules) -> None:
        self.rules, self.measures = rules, Measures()
        self.standings: dict[tuple[str, str], Standing] = {}
        self.told: list[tuple[str, str]] = []

    def hear(self, samples: Iterable[Sample]) -> list[Change]:
        edges = []
        for each in samples:
            for change in tuple(judged(self.rules, each, self.standings, self.measures)):
                key = (change.standing.rule, change.standing.object)
                self.standings.pop(key, None)
                if change.after is not None:
                    self.standings[key] = change.after
                notice = notice_of(change)
                if notice is not None:
                    edges.append(change)
                    self.told.append(("resolved" if notice.is_resolved else "fires", each.at))
        return edges


def p95(minutes: float, value: float | None, **more: str) -> Sample:
    return sample(minutes, seen("p95_ms", value), **more)


def test_it_fires_once_it_has_held_long_enough_and_resolves_at_the_quieter_threshold() -> None:
    watch = Watch(only("p95"))
    values = [30, 60, 70, 80, 60, 60, 60, 60, 45, 60, 45, 39, 45, 60]
    watch.hear(p95(minute, value) for minute, value in enumerate(values))
    assert watch.told == [("fires", at(6)), ("resolved", at(11))]


def test_a_break_in_what_is_bad_begins_anew() -> None:
    watch = Watch(only("p95"))
    assert not watch.hear(p95(minute, 60 if minute % 4 else 30) for minute in range(40))


def test_what_could_not_be_measured_neither_fires_nor_resolves() -> None:
    watch = Watch(only("p95"))
    watch.hear(p95(minute, 60) for minute in range(6))
    assert not watch.hear([p95(6, None), sample(7, gap="unreachable"), p95(8, None)])
    assert [change.after for change in watch.hear([p95(9, 30)])] == [None]


def test_time_without_samples_is_not_time_in_which_it_held() -> None:
    watch = Watch(only("p95"))
    watch.hear([p95(0, 60), p95(120, 60)])
    assert not watch.told


def test_a_clock_that_is_set_raises_nothing_by_itself() -> None:
    watch = Watch(only("p95"))
    assert not watch.hear([p95(0, 60), p95(60, 60, gap="clock"), p95(61, 60), p95(-600, 60, gap="clock")])
    assert watch.hear([p95(-594, 60)])


def test_each_object_stands_by_itself_and_is_over_when_it_is_gone() -> None:
    watch = Watch(only("slot_growth"))
    both = [seen("slot_bytes", 9 << 30, "a"), seen("slot_bytes", 9 << 30, "b")]
    rises = watch.hear(sample(minute, *both) for minute in range(7))
    assert [change.standing.object for change in rises] == ["slot a", "slot b"]
    over = watch.hear(sample(minute, both[1]) for minute in range(7, 60))
    assert [(change.standing.object, change.after) for change in over] == [("slot a", None)]
    assert "not seen any more" in (notice_of(over[0]) or rises[0]).text  # type: ignore[union-attr]


def test_an_unreachable_server_is_told_after_a_minute() -> None:
    watch = Watch(only("unreachable", "p95"))
    watch.hear([sample(0), sample(1, gap="unreachable"), sample(1.5, gap="unreachable"), sample(2, gap="unreachable")])
    watch.hear([sample(3)])
    assert watch.told == [("fires", at(2)), ("resolved", at(3))]


def test_silence_puts_the_message_off_until_its_end() -> None:
    quiet = Silence(rules=("blocker_*",), daily=(11 * 60, 12 * 60 + 30), days=("mon",))
    watch = Watch(only("blocker_chain", silences=(quiet,)))
    blocked = [sample(minute, seen("longest_block_s", 60.0)) for minute in range(0, 40, 5)]
    watch.hear(blocked)
    assert watch.told == [("fires", at(30))]


def test_what_began_and_ended_in_silence_is_never_told() -> None:
    quiet = Silence(begins=at(0), ends=at(30))
    watch = Watch(only("blocker_chain", silences=(quiet,)))
    watch.hear([sample(1, seen("longest_block_s", 60.0)), sample(2, seen("longest_block_s", 0.0)), sample(31)])
    assert not watch.told


def test_a_nightly_silence_goes_past_midnight_and_belongs_to_the_day_on_which_it_begins() -> None:
    quiet = Silence(daily=(22 * 60, 6 * 60), days=("fri",), zone="Europe/Paris")
    hours = {day: [hour for hour in range(24) if quiet.covers("p95", "shop", "", f"2026-11-{day:02}T{hour:02}:30:00Z")]
             for day in (6, 7, 8)}  # fmt: skip
    assert hours == {6: [21, 22, 23], 7: [0, 1, 2, 3, 4], 8: []}


def test_a_statement_is_held_against_its_own_past() -> None:
    watch = Watch(only("plan_regression"))

    def run(minute: float, mean: float) -> Sample:
        delta = StatementDelta(queryid="42", role="app", calls=50, total_ms=50 * mean, mean_ms=mean)
        quick = StatementDelta(queryid="7", role="app", calls=50, total_ms=mean, mean_ms=mean / 1000)
        return sample(minute, statements=(delta, quick))

    watch.hear(run(minute, 10) for minute in range(60))
    (rise,) = watch.hear(run(minute, 95) for minute in range(60, 300))
    assert rise.standing.object == "statement app.42"
    assert notice_of(rise).text.startswith("statement app.42 takes 9.5")  # type: ignore[union-attr]
    assert watch.hear(run(minute, 11) for minute in range(300, 302))[0].after is None


def test_the_disk_is_full_where_the_line_meets_zero() -> None:
    watch = Watch(only("disk_full"))
    free = [sample(minute, seen("disk_free_bytes", (180 - minute / 60) * 2**30)) for minute in range(0, 24 * 60, 5)]
    (rise,) = watch.hear(free)
    assert rise.value is not None
    assert abs(rise.value / 86_400 - 7) < 0.1  # 1 GB an hour, and 168 are left
    steady = [sample(minute, seen("disk_free_bytes", 170.0 * 2**30)) for minute in range(24 * 60, 50 * 60, 5)]
    assert watch.hear(steady)[0].after is None


def test_free_space_that_stays_says_nothing() -> None:
    watch = Watch(only("disk_full"))
    assert not watch.hear(sample(minute, seen("disk_free_bytes", 2.0**20)) for minute in range(0, 3_000, 5))


def test_a_grade_that_falls_within_a_day_is_told() -> None:
    watch = Watch(only("grade_drop"))
    grades = [90, 89, 83, 83, 84]
    (rise,) = watch.hear(sample(60 * hour, seen("grade_points", grade)) for hour, grade in enumerate(grades))
    assert rise.value == -7


def test_bloat_is_judged_table_by_table_and_small_ones_are_left_alone() -> None:
    watch = Watch(only("bloat_growth"))
    tables = tuple(
        TableDelta(relation=oid, object=ObjectName("table", name, "public"), live_rows=live, dead_rows=dead)
        for oid, name, live, dead in ((1, "orders", 60_000, 40_000), (2, "tiny", 10, 90), (3, "calm", 60_000, 100))
    )
    rises = watch.hear(sample(minute, tables=tables) for minute in range(40))
    assert [change.standing.object for change in rises] == ["table public.orders"]


def test_a_rule_taken_out_of_the_file_leaves_nothing_behind() -> None:
    watch = Watch(only("blocker_chain"))
    watch.hear([sample(0, seen("longest_block_s", 60.0))])
    watch.rules = only("p95")
    watch.hear([sample(1)])
    assert not watch.standings


def test_the_same_samples_give_the_same_changes() -> None:
    one, two = Watch(DEFAULTS), Watch(DEFAULTS)
    minutes = [p95(minute, 60.0 + minute % 3) for minute in range(30)]
    assert one.hear(minutes) == two.hear(minutes)
    assert one.standings["p95", ""].phase is Phase.FIRING
    assert one.standings["p95", ""].since == BEGIN.isoformat()
