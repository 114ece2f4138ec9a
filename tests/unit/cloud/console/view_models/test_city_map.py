"""The map: where things lie, what becomes one mark, which names are written."""

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cloud.board.records import Liveness, PlaceState, place_state
from cloud.console.view_models.city_map import (
    MOST_LABELS,
    MOST_MARKS,
    coast_line,
    degrees,
    frame_of,
    marks_of,
    tiles_of,
    world,
)
from cloud.registry.records import Site
from cloud.situation import DomainState
from i18n.catalog import catalog_of
from i18n.message import Bilingual

EN = catalog_of("en")
SIZE = (720, 620)


def place(name: str, latitude: float, longitude: float, rank: int = 0, colour: str = "#2e9e4f") -> PlaceState:
    state = DomainState("flood", rank, Bilingual(f"rank {rank}", f"tingkat {rank}"), colour)
    site = Site(name, name.title(), "", latitude, longitude, "Asia/Jayapura")
    return place_state(site, (state,), {}, Liveness())


@given(st.floats(-85, 85), st.floats(-180, 180))
def test_a_place_is_found_again_where_it_was_drawn(latitude: float, longitude: float):
    found = degrees(world(latitude, longitude))
    assert math.isclose(found[0], latitude, abs_tol=1e-6)
    assert math.isclose(found[1], longitude, abs_tol=1e-6)


def test_all_places_are_on_the_map_unless_another_part_is_asked_for():
    places = [place("a", 2.0, 128.0), place("b", 2.4, 128.6)]
    frame = frame_of(places, {}, SIZE)
    for mark in marks_of(EN, places, frame):
        assert 40 < mark.x < 680
        assert 40 < mark.y < 580
    near = frame_of(places, {"z": "15", "at": "2.0,128.0"}, SIZE)
    (mark,) = marks_of(EN, places, near)
    assert (mark.site, mark.x, mark.y) == ("a", 360.0, 310.0)


def test_near_places_are_one_mark_of_the_worst_with_their_number_that_leads_closer():
    places = [place("bad", 2.0001, 128.0, 3, "#d7261e"), place("good", 2.0, 128.0), place("far", 2.5, 128.5)]
    frame = frame_of(places, {}, SIZE)
    marks = {mark.site: mark for mark in marks_of(EN, places, frame)}
    assert marks["bad"].count == 2
    assert marks["bad"].colour == "#d7261e"
    assert marks["bad"].words == "2 places, the worst: Bad, rank 3"
    assert marks["bad"].zoom > frame.zoom
    assert marks["far"].words == "Far: rank 0"


def test_a_thousand_places_are_few_marks_and_fewer_names():
    places = [place(f"p{n}", 2.0 + n % 40 / 50, 128.0 + n // 40 / 50) for n in range(1_000)]
    marks = marks_of(EN, places, frame_of(places, {}, SIZE))
    assert len(marks) <= MOST_MARKS
    assert sum(mark.count for mark in marks) == 1_000
    assert sum(bool(mark.label) for mark in marks) <= MOST_LABELS


def test_no_name_covers_another():
    places = [place(f"a place of name {n}", 2.0 + n / 500, 128.0) for n in range(30)]
    frame = frame_of(places, {"z": "13"}, SIZE)
    heights = sorted(mark.y for mark in marks_of(EN, places, frame) if mark.label and not mark.left)
    assert heights
    assert all(later - earlier >= 20 for earlier, later in pairwise(heights))


def test_the_worst_lies_on_top():
    places = [place("bad", 2.0, 128.0, 3), place("good", 2.4, 128.4)]
    assert [mark.site for mark in marks_of(EN, places, frame_of(places, {}, SIZE))] == ["good", "bad"]


def test_tiles_cover_the_map_and_are_asked_of_the_address_that_is_set():
    frame = frame_of([place("a", 2.0, 128.0), place("b", 2.4, 128.6)], {}, SIZE)
    tiles = tiles_of("https://{s}.tiles.test/{z}/{x}/{y}.png", frame)
    assert min(tile.x for tile in tiles) <= 0
    assert max(tile.x + tile.size for tile in tiles) >= 720
    assert max(tile.y + tile.size for tile in tiles) >= 620
    assert len(tiles) <= 24
    assert tiles[0].href.startswith("https://a.tiles.test/10/")
    assert tiles_of("", frame) == ()


def test_a_coast_line_is_one_path_that_lies_where_its_places_do():
    coast = {
        "type": "FeatureCollection",
        "features": [
            {"geometry": {"type": "Polygon", "coordinates": [[[128.0, 2.0], [128.6, 2.0], [128.6, 2.4]]]}},
            {"geometry": {"type": "MultiPolygon", "coordinates": [[[[128.1, 2.1], [128.2, 2.1]]]]}},
            {"geometry": {"type": "Point", "coordinates": [128.0, 2.0]}},
            {"geometry": None},
        ],
    }
    line = coast_line(coast)
    assert line.path.startswith("M0.00,0.00L")
    assert line.path.count("M") == 2
    frame = frame_of([place("corner", 2.0, 128.0)], {}, SIZE)
    assert line.transform(frame).startswith("translate(360.00 310.00) scale(")
