import json
from pathlib import Path

import pytest

from cloud.console.pages.situation.site_map import SIDES, bounds, marker_html, name_sides, read_coast
from cloud.console.view_models.sites import SiteView
from cloud.gateways.freshness import Freshness
from dashboards.installation import DEMO_COAST
from tests.recorded import DATA

OUTLINE = "geo/morotai_halmahera_outline.geojson"


def site(name: str, latitude: float, longitude: float) -> SiteView:
    return SiteView(name, name, "", latitude, longitude, Freshness.FRESH, ())


def test_all_sites_are_within_the_bounds():
    assert bounds([site("a", 2.0, 128.3), site("b", 2.4, 128.1)]) == [[2.0, 128.1], [2.4, 128.3]]


def test_names_of_neighbours_do_not_cover_each_other():
    beside = [
        site("Daruba river bridge", 2.05, 128.290),
        site("Army Dock beach", 2.05, 128.292),
        site("Far", 2.4, 128.6),
    ]
    sides = name_sides(beside, size=(500, 600))
    assert sides[0] != sides[1]
    assert set(sides) <= set(SIDES)


def test_a_name_at_the_edge_of_the_map_stands_inwards():
    west, east = name_sides(
        [site("A long name at the coast", 2.0, 128.0), site("Another long name", 2.4, 128.6)], size=(390, 300)
    )
    assert west == "right"
    assert east == "left"


def test_one_site_and_no_site_are_placed_too():
    assert name_sides([site("Alone", 2.0, 128.0)], size=(390, 300)) == ["right"]
    assert name_sides([], size=(390, 300)) == []


def test_a_name_is_text_and_never_markup():
    shown = marker_html(site("<script>alert(1)</script>", 0, 0), "right", selected=False)
    assert "<script>" not in shown
    assert 'data-state="fresh"' in shown


@pytest.mark.parametrize(
    "coast",
    [
        pytest.param(DEMO_COAST, id="demo"),
        pytest.param(DATA / OUTLINE, marks=pytest.mark.recorded(OUTLINE), id="recorded"),
    ],
)
def test_the_coast_line_of_morotai_is_read(coast: Path):
    found = read_coast(coast)
    assert found is not None
    assert found["features"]


@pytest.mark.parametrize(
    ("content", "word"), [("{", "cannot be read"), (json.dumps({"type": "Topology"}), "no GeoJSON")]
)
def test_a_coast_line_that_is_none_is_named(tmp_path: Path, content, word):
    file = tmp_path / "coast.geojson"
    file.write_text(content)
    with pytest.raises(ValueError, match=word) as caught:
        read_coast(file)
    assert str(file) in str(caught.value)


def test_no_coast_line_and_a_missing_one_are_two_things(tmp_path: Path):
    assert read_coast(None) is None
    with pytest.raises(ValueError, match="cannot be read"):
        read_coast(tmp_path / "none.geojson")
