import json
import re
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from grafana_foundation_sdk.builders.text import Panel

from dashboards.kit import scales
from dashboards.kit.influx import Query, newest, one_of
from dashboards.kit.layout import PanelRow, place
from dashboards.kit.links import from_column, to_site
from dashboards.kit.maps import WATER, tile
from dashboards.kit.names import uid
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.units import unit, unit_of
from dashboards.kit.words import Caption, Text
from i18n.catalog import LanguageCode
from rules import ispu
from rules.colours import UNKNOWN
from rules.rule import Severity
from wire.quantities import QUANTITIES

INDONESIAN = DashboardStyle(language=LanguageCode.INDONESIAN)
ENGLISH = DashboardStyle(language=LanguageCode.ENGLISH)


def test_a_row_that_is_wider_than_the_grid_is_refused():
    with pytest.raises(ValueError, match="a row of 26 columns is wider than the grid of 24"):
        PanelRow(4, (Panel(), 13), (Panel(), 13))


def test_rows_follow_each_other_below_their_headings():
    rows = [
        PanelRow(5, (Panel(), 12), (Panel(), 12)),
        PanelRow(3, (Panel(), 24), title=Text("History")),
    ]
    at = [(panel.id_val, panel.grid_pos.x, panel.grid_pos.y) for panel in place(ENGLISH, rows)]
    assert at == [(1, 0, 0), (2, 12, 0), (3, 0, 5), (4, 0, 6)]


def test_severities_stand_in_the_order_of_the_store_each_with_word_and_colour():
    (mapping,) = scales.SEVERITY.mappings(INDONESIAN)
    assert isinstance(mapping.options, dict)
    assert list(mapping.options) == ["-1", "0", "1", "2", "3", "4"]
    assert mapping.options["-1"].color == UNKNOWN
    assert [result.text for result in mapping.options.values()][:2] == ["Tidak ada data", "Normal"]
    assert len({result.color for result in mapping.options.values()}) == 6
    assert [severity.rank for severity in Severity] == [1, 2, 3, 4]


@pytest.mark.parametrize("index", [0, 50, 51, 100, 101, 200, 201, 300, 301, 500])
def test_the_scale_of_ispu_colours_an_index_as_the_rules_do(index):
    colour = [step.color for step in scales.ISPU.steps().steps if step.value is None or index >= step.value][-1]
    assert colour == ispu.category_of(index).hex


def test_what_is_not_known_is_grey_below_the_least_figure_of_a_scale():
    known = scales.ISPU.or_unknown()
    assert known.steps().steps[0].color == UNKNOWN
    assert [step.value for step in known.steps().steps[1:3]] == [0, 51]
    (mapping,) = known.mappings(ENGLISH)
    assert {value: (row.text, row.color) for value, row in mapping.options.items()} == {"-1": ("No data", UNKNOWN)}
    assert scales.ISPU.mappings(ENGLISH) == []


def test_the_word_of_a_class_is_found_from_a_figure():
    words = scales.ISPU.classes_as_words(ENGLISH)

    def word(index):
        fits = (row.options for row in words if row.options.from_val <= index <= (row.options.to or index))
        return next(fits).result.text

    assert [word(index) for index in (0, 50, 51, 200, 201, 500)] == [
        ispu.category_of(index).english for index in (0, 50, 51, 200, 201, 500)
    ]


def test_every_quantity_has_a_unit_for_people():
    for name, row in QUANTITIES.items():
        for style in (INDONESIAN, ENGLISH):
            without = row.unit.startswith("{") and unit_of(name, style) == "none"
            assert without or unit_of(name, style) != "none", f"{name} is in {row.unit}, which is not translated"
    assert unit("mm/h", INDONESIAN) == "suffix: mm/jam"


def test_the_newest_of_each_series_is_a_table_whose_tags_are_columns():
    assert newest("fleet", "online version", by="gateway", where=one_of("site"), keep='"online" = 0') == (
        'SELECT "gateway", "online", "version" FROM (SELECT last("online") AS "online", "version" FROM "fleet" '
        'WHERE time > now() - 2m AND "site" =~ /^$site$/ GROUP BY "gateway") WHERE "online" = 0'
    )


def test_a_way_down_keeps_the_time_range_and_the_language():
    link = to_site(ENGLISH, from_column("site"))
    assert link["url"] == "/d/siaga-en-site?var-site=${__data.fields.site:percentencode}&${__url_time_range}"


def test_there_is_no_uid_of_a_dashboard_that_is_not_there():
    with pytest.raises(KeyError):
        uid(LanguageCode.ENGLISH, "floods")


def picture(coast: str, *, x: int, y: int, z: int) -> ElementTree.Element:
    address = tile(coast)
    for name, value in (("x", x), ("y", y), ("z", z)):
        address = address.replace(f"{{{name}}}", str(value))
    kind, _, content = address.partition(",")
    assert kind == "data:image/svg+xml"
    return ElementTree.fromstring(unquote(content))


def test_plain_water_is_a_picture_of_one_colour():
    assert [element.get("fill") for element in picture("", x=1, y=2, z=3)] == [WATER]


def test_the_coast_lies_where_the_map_looks_for_it():
    morotai = {"type": "Polygon", "coordinates": [[[128.0, 2.0], [129.0, 2.0], [129.0, 3.0], [128.0, 2.0]]]}
    north = {"type": "MultiPolygon", "coordinates": [[[[0, 0], [0, 85.05112878], [180, 0], [0, 0]]]]}
    coast = json.dumps({"type": "FeatureCollection", "features": [{"geometry": morotai}, {"geometry": north}]})
    _, land = picture(coast, x=13, y=7, z=4)
    assert land.get("style") == "transform:translate(calc(-256px*13),calc(-256px*7)) scale(pow(2,4))"
    drawn = land.get("d") or ""
    outlines = [[tuple(map(float, point.split())) for point in ring.split("L")] for ring in drawn[1:-1].split("ZM")]
    # Web Mercator: the equator is in the middle, 85.05° at the upper edge, 180° at the right
    assert outlines[1] == [(128.0, 128.0), (128.0, 0.0), (256.0, 128.0), (128.0, 128.0)]
    assert outlines[0][0] == pytest.approx((256 * 308 / 360, 128 - 1.42251), abs=1e-4)


def test_an_address_of_a_tile_has_no_sign_that_grafana_would_fill_in():
    address = tile(json.dumps({"type": "FeatureCollection", "features": []}))
    assert not re.search(r"[$#<>\[\]]", address)


def test_a_table_whose_columns_share_a_title_is_refused():
    caption = Caption(Text("Rain"), Text("Rain"))
    columns = [TableColumn(name=name, title=Text("Class")) for name in ("hour", "day")]
    with pytest.raises(ValueError, match="share a title; give each its own"):
        table(ENGLISH, caption, Query("SELECT 1", table=True), columns=columns)
