from xml.etree import ElementTree as ET

import pytest

from pgclinic.charts.before_after import Pair, before_after
from pgclinic.charts.frontier import FrontierDot, frontier
from pgclinic.charts.grade_ring import grade_ring
from pgclinic.charts.ranked_bars import RankedBar, ranked_bars
from pgclinic.charts.time_shares import Bar, time_shares
from pgclinic.charts.treemap import Area, treemap

SVG = "{http://www.w3.org/2000/svg}"


def _dots(svg: str) -> list[tuple[str, float]]:
    return [(dot.attrib["class"], float(dot.attrib["cx"])) for dot in ET.fromstring(svg).iter(f"{SVG}circle")]


@pytest.mark.parametrize("width", [340, 760])
def test_each_pair_is_placed_on_a_logarithmic_scale(width: float) -> None:
    svg = before_after(
        [Pair("a", 100, 1, "100 times"), Pair("b", 10, 100, "worse"), Pair("c", 5, 5.1, "")], width=width
    )
    (before, at_100), (after, at_1), (_, at_10), (worse, _), _, (same, _) = _dots(svg)
    assert at_100 - at_10 == pytest.approx(at_10 - at_1, abs=0.02)
    assert (before, after, worse, same) == ("dot before", "dot gain", "dot loss", "dot same")
    assert all(0 < x < width for _, x in _dots(svg))


def test_equal_times_still_make_a_scale() -> None:
    assert len(_dots(before_after([Pair("a", 1, 1, "")]))) == 2


def test_hostile_labels_are_text() -> None:
    label = "</text><script>alert(1)</script>\"'"
    for svg in (
        before_after([Pair(label, 2, 1, label)], width=2000),
        time_shares([Bar(label, label, (1.0,))], [label]),
        grade_ring(50, label, label=label),
    ):
        root = ET.fromstring(svg)
        assert not list(root.iter(f"{SVG}script"))
        assert label.replace("-", "\N{MINUS SIGN}") in {"".join(text.itertext()) for text in root.iter()}


def test_shares_are_on_one_scale_and_the_smallest_part_is_seen() -> None:
    svg = time_shares([Bar("before", "10 s", (6, 4)), Bar("after", "1 s", (0.9999, 0.0001))], ["a", "b"], width=1000)
    widths = [
        float(bar.attrib["width"]) for bar in ET.fromstring(svg).iter(f"{SVG}rect") if bar.attrib["class"] != "track"
    ]
    assert widths[:2] == pytest.approx([599, 399])
    assert widths[2] == pytest.approx(99, abs=0.1)
    assert widths[3] >= 1


@pytest.mark.parametrize(("score", "tone"), [(0, None), (59, "poor"), (60, "fair"), (80, "good"), (100, "good")])
def test_the_ring_is_as_full_as_the_score(score: float, tone: str | None) -> None:
    circles = list(ET.fromstring(grade_ring(score, "B")).iter(f"{SVG}circle"))
    assert [circle.attrib["class"] for circle in circles] == ["track"] + ([f"arc {tone}"] if tone else [])
    if tone:
        filled, around = map(float, circles[1].attrib["stroke-dasharray"].split())
        assert filled / around == pytest.approx(score / 100, abs=0.001)


@pytest.mark.parametrize("width", [340, 760])
def test_the_frontier_is_a_staircase_on_a_logarithmic_scale(width: float) -> None:
    dots = [
        FrontierDot(size, cost, cost - 0.01, "size", "<title> & words")
        for size, cost in ((1e8, 0.8), (1e9, 0.5), (1e10, 0.2))
    ]
    svg = frontier(dots, width=width)
    (_, first), (_, second), (_, third) = _dots(svg)
    assert second - first == pytest.approx(third - second, abs=0.02)
    assert 0 < first < third < width
    line, bound = (path.attrib["d"] for path in ET.fromstring(svg).iter(f"{SVG}path"))
    assert line.count("H") == bound.count("H") == 4
    assert "<title> & words" in [title.text for title in ET.fromstring(svg).iter(f"{SVG}title")]


def test_a_frontier_of_one_point_and_labels_that_would_touch() -> None:
    assert len(_dots(frontier([FrontierDot(0, 1.0, 1.0, "0 bytes", "")]))) == 1
    small = FrontierDot(1e7, 1.0, 1.0, "10 MB", "")
    crowd = [FrontierDot(1e9 + number, 0.5 - number / 100, 0.1, "1 GB", "") for number in range(9)]
    crowded = frontier([small, *crowd])
    words = [each.text for each in ET.fromstring(crowded).iter(f"{SVG}text") if each.attrib["class"] == "word"]
    assert words == ["100 %", "50 %"]


@pytest.mark.parametrize("width", [340, 760])
def test_the_areas_of_a_treemap_are_as_the_sizes_and_fill_it_without_overlap(width: float) -> None:
    sizes = (600.0, 250.0, 90.0, 40.0, 15.0, 5.0)
    areas = [Area(f"t{number}", "x", (size * 0.7, size * 0.3), f"t{number}") for number, size in enumerate(sizes)]
    groups = list(ET.fromstring(treemap(areas, label="space", width=width, height=300)).iter(f"{SVG}g"))
    boxes = [
        [
            {name: float(rect.attrib[name]) for name in ("x", "y", "width", "height")}
            for rect in group.iter(f"{SVG}rect")
        ]
        for group in groups
    ]
    drawn = [sum(rect["width"] * rect["height"] for rect in rects) for rects in boxes]
    for size, area in zip(sizes[:4], drawn, strict=False):
        assert area / (width * 300) == pytest.approx(size / 1000, abs=0.02)
    flat = [rect for rects in boxes for rect in rects]
    assert all(rect["x"] >= 0 and rect["x"] + rect["width"] <= width + 0.02 for rect in flat)
    assert all(rect["y"] >= 0 and rect["y"] + rect["height"] <= 300.02 for rect in flat)
    for one in range(len(flat)):
        for other in flat[:one]:
            across = min(flat[one]["x"] + flat[one]["width"], other["x"] + other["width"]) - max(
                flat[one]["x"], other["x"]
            )
            down = min(flat[one]["y"] + flat[one]["height"], other["y"] + other["height"]) - max(
                flat[one]["y"], other["y"]
            )
            assert across <= 0.03 or down <= 0.03


def test_a_treemap_of_nothing_and_of_one_thing() -> None:
    assert not list(ET.fromstring(treemap([], label="")).iter(f"{SVG}rect"))
    assert not list(ET.fromstring(treemap([Area("a", "", (0.0,), "")], label="")).iter(f"{SVG}rect"))
    (rect,) = ET.fromstring(treemap([Area("a", "", (3.0,), "", is_rest=True)], label="")).iter(f"{SVG}rect")
    assert (rect.attrib["class"], rect.attrib["width"], rect.attrib["height"]) == ("part-6", "758", "378")


def test_ranked_bars_are_on_the_scale_of_the_largest_and_long_names_leave_room() -> None:
    bars = [RankedBar("x" * 300, 0.5, "50 %", "<all>"), RankedBar("b", 0.25, "25 %", "b"), RankedBar("c", 0, "0", "c")]
    root = ET.fromstring(ranked_bars(bars, label="time", width=400))
    widths = [float(rect.attrib["width"]) for rect in root.iter(f"{SVG}rect") if rect.attrib["class"] == "bar"]
    assert widths == [400, 200, 2]
    names = [text.text or "" for text in root.iter(f"{SVG}text") if text.attrib["class"] == "name"]
    assert names[0].endswith("…")
    assert len(names[0]) * 7.4 < 400 - len("50 %") * 7.4
    assert "<all>" in [title.text for title in root.iter(f"{SVG}title")]
