"""More sites than a page of the wall has tiles: which stand there, and what is said of the rest, by Grafana's own code.

generated panel + rows as InfluxDB gives them ─► tests/grafana/panel.mjs (@grafana/data 12.2) ─► names, words, colours
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from dashboards.kit.scales import ATTENTION, PLAIN, rank_of
from dashboards.kit.tiles import MOST
from dashboards.wall.air import UNHEALTHY
from dashboards.wall.footfall import NEARLY_FULL
from rules.colours import UNKNOWN
from tests.grafana_code import Rows, panel_shown

GENERATED = Path(__file__).parents[2] / "dashboards" / "generated" / "en"
Shown = list[tuple[str, str, str]]


def shown(key: str, title: str, frames: Mapping[str, Rows]) -> Shown:
    """The name, text and colour of each value that a panel shows of these rows, by the letters of its queries."""
    panels = json.loads((GENERATED / f"{key}.json").read_text())["panels"]
    (panel,) = [row for row in panels if row["title"] == title]
    return [(row["name"], row["text"], row["color"].lower()) for row in panel_shown(panel, frames)]


def frames(known: Iterable[str], heard: Iterable[str], figures: Rows) -> dict[str, Rows]:
    """What the three queries of a page of sites find: sites of a day, those heard now, and their figures."""
    return {
        "A": [{"site": site, "name": site.capitalize(), "zero": 0} for site in known],
        "B": [{"site": site, "heard": 1} for site in heard],
        "C": figures,
    }


def air(figures: Mapping[str, float], known: Iterable[str], heard: Iterable[str]) -> dict[str, Rows]:
    rows = [
        {"site": site, "ispu": index, "more": index + 1, "own": 0, "rank": index - (UNHEALTHY - 0.5)}
        for site, index in figures.items()
    ]
    return frames(known, heard, rows)


def flood(severities: Mapping[str, int], known: Iterable[str], heard: Iterable[str]) -> dict[str, Rows]:
    rows = [
        {"site": site, "severity": each, "word": f"{site} {each}", "more": each + 1, "own": 0, "rank": rank_of(each)}
        for site, each in severities.items()
    ]
    return frames(known, heard, rows)


def names(found: Shown) -> list[str]:
    return [name.split(" · ")[0] for name, _, _ in found]


def counted(found: Shown) -> dict[str, tuple[str, str]]:
    return {name: (text, colour) for name, text, colour in found}


NINE = list("abcdefghi")


def test_the_worst_of_many_sites_have_a_tile_then_the_unknown_then_the_others():
    severities = {"a": 0, "b": 0, "c": -1, "d": 2, "e": 0, "f": 4, "g": 0, "h": 0}
    found = shown("wall-flood", "Flood by site", flood(severities, NINE, [*severities]))
    assert len(found) == MOST
    assert names(found)[:2] == ["F", "D"]
    assert set(names(found)[2:4]) == {"C", "I"}, "one is doubted, and one is not heard"
    assert [text for _, text, _ in found] == ["Extreme", "Moderate", "No data", "No data", "Normal", "Normal"]
    assert [colour for _, _, colour in found[2:4]] == [UNKNOWN, UNKNOWN]
    assert found[0][0] == "F · f 4", "in the words of the cloud"
    assert ("I · No data", "No data", UNKNOWN) in found


def test_what_has_no_tile_is_counted_and_what_of_it_nobody_knows():
    severities = {"a": 0, "b": 0, "c": -1, "d": 2, "e": 0, "f": 4, "g": 0, "h": 0}
    found = counted(shown("wall-flood", "Sites", flood(severities, NINE, [*severities])))
    assert found == {"Sites": ("9", PLAIN), "Not shown": ("3", ATTENTION), "Without data": ("2", ATTENTION)}
    known = dict.fromkeys(NINE, 3)
    found = counted(shown("wall-flood", "Sites", flood(known, NINE, NINE)))
    assert found == {"Sites": ("9", PLAIN), "Not shown": ("3", ATTENTION), "Without data": ("0", PLAIN)}


@pytest.mark.parametrize("sites", [MOST + 1, 2 * MOST, 3 * MOST + 2])
def test_however_many_have_no_tile_are_counted_once_each(sites: int):
    many = [f"site-{number}" for number in range(sites)]
    found = counted(shown("wall-flood", "Sites", flood(dict.fromkeys(many, 0), many, many)))
    assert found["Not shown"] == (f"{sites - MOST}", ATTENTION)


@pytest.mark.parametrize("sites", [1, MOST])
def test_as_many_sites_as_tiles_are_all_shown(sites: int):
    severities = dict.fromkeys(NINE[:sites], 0)
    of_these = flood(severities, severities, severities)
    found = counted(shown("wall-flood", "Sites", of_these))
    assert found == {"Sites": (f"{sites}", PLAIN), "Not shown": ("0", PLAIN), "Without data": ("0", PLAIN)}
    assert len(shown("wall-flood", "Flood by site", of_these)) == sites


@pytest.mark.parametrize("key", ["wall-flood", "wall-air", "wall-footfall"])
def test_sites_of_a_dead_platform_are_all_grey_and_none_of_them_is_missing(key: str):
    title = {"wall-flood": "Flood by site", "wall-air": "ISPU by site", "wall-footfall": "Capacity used by site"}[key]
    last = {"wall-flood": flood(dict.fromkeys(NINE, 4), NINE, []), "wall-air": air(dict.fromkeys(NINE, 250), NINE, [])}
    used = [{"site": site, "capacity_used": 40, "more": 41, "own": 0, "rank": -40} for site in NINE]
    old = last.get(key) or frames(NINE, [], used)
    tiles = shown(key, title, old)
    assert [(text, colour) for _, text, colour in tiles] == [("No data", UNKNOWN)] * MOST
    assert {name: text for name, (text, _) in counted(shown(key, "Sites", old)).items()} == {
        "Sites": "9", "Not shown": "3", "Without data": "9",
    }  # fmt: skip


def test_an_unhealthy_index_comes_before_an_unknown_one_and_that_before_a_healthy_one():
    indices = {"a": 40, "b": 0, "c": UNHEALTHY, "d": UNHEALTHY - 1, "e": 320}
    found = shown("wall-air", "ISPU by site", air(indices, "abcdef", "abcdef"))
    assert names(found) == ["E", "C", "F", "D", "A", "B"]
    assert [text for _, text, _ in found] == ["320", "101", "No data", "100", "40", "0"]


def test_a_full_place_comes_before_one_without_a_count():
    used = {"a": 20.0, "b": float(NEARLY_FULL), "c": 130.0}
    rows = [
        {"site": site, "capacity_used": each, "more": each + 1, "own": 0, "rank": each - (NEARLY_FULL - 0.5)}
        for site, each in used.items()
    ]
    assert names(shown("wall-footfall", "Capacity used by site", frames("abcd", "abcd", rows))) == ["C", "B", "D", "A"]


@pytest.mark.parametrize(("ranks", "said"), [([0, 0], "Normal"), ([0, -1], "Not all known"), ([1, -1], "Minor")])
@pytest.mark.parametrize(("key", "title"), [("wall-situation", "Flood"), ("command", "Flood now")])
def test_a_domain_is_not_calm_while_one_of_its_sites_is_unknown(ranks: list[int], said: str, key: str, title: str):
    """The store answers with the largest rank of the sites."""
    name = "Flood" if key == "wall-situation" else "Worst state"
    found = shown(key, title, {"A": [{name: max(map(rank_of, ranks))}]})
    assert [text for shown_name, text, _ in found if shown_name == name] == [said]
    assert (found[0][2] == UNKNOWN) == (said == "Not all known")


def test_what_stands_beside_an_index_is_gone_with_it():
    """The critical parameter and the completeness of three hours ago are not of now."""
    indices = [
        {"site": site, "ispu": 120, "critical": 1, "complete": 96, "rule": 1, "more": 121, "own": 0} for site in "ab"
    ]
    panels = json.loads((GENERATED / "air.json").read_text())["panels"]
    (panel,) = [row for row in panels if row["title"] == "Category and critical parameter"]
    cells: dict[str, list[str]] = {}
    for row in panel_shown(panel, frames("ab", "b", indices)):
        cells.setdefault(row["name"], []).append(row["text"])
    assert sorted(cells["ISPU"]) == ["120", "–"]
    assert sorted(cells["Complete"]) == ["96", "–"]
    assert sorted(cells["Category"]) == ["No data", "Unhealthy"]


def test_grafanas_code_is_asked_with_what_it_is_given():
    with pytest.raises(pytest.fail.Exception):
        panel_shown({}, {})
