"""Tiles for the wall: a name above a word or a figure, in letters that are read from five metres.

┌ Jembatan Daruba · Siaga 2 ┐┌ Wayabula · Normal ┐        NAME_PX: capitals of 64 px
│ Berat                     ││ Normal            │        WORD_PX: capitals of 104 px
└───────────────────────────┘└───────────────────┘

16 minutes of arc on a screen of 65 inches at five metres are capitals of 62 px of its 3840 × 2160. Grafana's figures
grow with their panel, but names stop at 30 px: both sizes are said here, in pixels of such a screen.
"""

import re
from collections.abc import Sequence

from grafana_foundation_sdk.builders import common
from grafana_foundation_sdk.builders import stat as stats
from grafana_foundation_sdk.models.common import VizOrientation
from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    DataTransformerConfig,
    DynamicConfigValue,
    SpecialValueMap,
    SpecialValueMatch,
    ValueMappingResult,
)

from dashboards.kit.influx import Query
from dashboards.kit.panels import stat
from dashboards.kit.scales import PanelScale
from dashboards.kit.style import DashboardStyle
from dashboards.kit.words import Caption, Text, Words
from rules.colours import UNKNOWN

CAPITALS_PX = 62
"""The least height of capitals at 3840 × 2160 of what must be read."""
CAPITAL_OF_EM = 0.727
"""The height of a capital of Inter, Grafana's typeface, for a size of one."""
NAME_PX, WORD_PX = 88, 144
_NO_DATA = Text("No data")
MOST = 6
"""Tiles that a panel of half a wall has room for."""
MOST_SITES = 24
"""Tiles of a panel on a desk; a table beside it, or the list of sites, has them all."""


def figure(
    style: DashboardStyle, caption: Caption, name: Words, *queries: str, scale: PanelScale, unit: str = "none",
    calc: str = "lastNotNull", table: bool = False,
) -> stats.Panel:  # fmt: skip
    """One figure, or one word of its scale, under its name."""
    asked = [Query(query, "" if table else style.say(name), table=table) for query in queries]
    panel = stat(style, caption, *asked, scale=scale, unit=unit, calc=calc, named=True)
    # where there is no value Grafana leaves the name out
    panel.mappings([_unknown(f"{style.say(name)}: {style.say(_NO_DATA)}"), *scale.mappings(style)])
    return sized(panel.display_name(style.say(name)))


def tiles(
    style: DashboardStyle, caption: Caption, *queries: str, value: str, name: str, scale: PanelScale,
    unit: str = "none", decimals: int = 0, most: int = MOST, steps: Sequence[DataTransformerConfig] = (),
    least_first: bool = False, filled: bool = True, kept: Sequence[str] = (), by: str = "",
) -> stats.Panel:  # fmt: skip
    """A tile for each row of a table, the largest `value` first or the least; `name` is written with `column`.

    `by`: the column whose largest come first, where that is another; `kept` are columns for links to take values from.
    """
    asked = [Query(query, table=True) for query in queries]
    panel = stat(style, caption, *asked, scale=scale, unit=unit, decimals=decimals, named=True, filled=filled)
    panel.reduce_options(common.ReduceDataOptions().values(True).limit(most).calcs([]).fields(""))
    for step in (*steps, *one_each(value, name, kept, by=by, least_first=least_first)):
        panel.with_transformation(step)
    of_value = [_unknown(style.say(_NO_DATA)), *scale.mappings(style)]
    panel.mappings([_unknown(style.say(caption.nothing))])
    panel.override_by_name(value, [DynamicConfigValue("displayName", name), DynamicConfigValue("mappings", of_value)])
    return sized(panel)


def column(name: str) -> str:
    """What stands in a column, in the row of a tile."""
    return f"${{__data.fields.{name}}}"


def _unknown(words: str) -> SpecialValueMap:
    """What is not known is grey and says so: without a word of its own it had the colour of the mildest class."""
    word = ValueMappingResult(text=words, color=UNKNOWN)
    return SpecialValueMap(DashboardSpecialValueMapOptions(SpecialValueMatch.NULL_AND_NAN, word))


def sized(panel: stats.Panel) -> stats.Panel:
    """In letters for the wall, one tile below another where they are narrow."""
    sizes = common.VizTextDisplayOptions().title_size(NAME_PX).value_size(WORD_PX)
    return panel.text(sizes).wide_layout(False).orientation(VizOrientation.AUTO)


def sized_by_grafana(panel: stats.Panel) -> stats.Panel:
    """In letters that Grafana makes as large as there is room, each name beside its figure."""
    return panel.text(common.VizTextDisplayOptions()).wide_layout(True)


def one_each(
    value: str, name: str, kept: Sequence[str] = (), *, by: str = "", least_first: bool = False
) -> tuple[DataTransformerConfig, DataTransformerConfig]:
    """Rows in the order of `by`, or of `value`, and nothing else in them that is a figure."""
    return _sorted(by or value, descending=not least_first), _only(value, name, kept)


def _sorted(field: str, *, descending: bool) -> DataTransformerConfig:
    return DataTransformerConfig("sortBy", options={"fields": {}, "sort": [{"field": field, "desc": descending}]})


def _only(value: str, name: str, kept: Sequence[str]) -> DataTransformerConfig:
    """Every figure of a row would get a tile: here one is left, and the words of its name."""
    names = [value, *re.findall(r"__data\.fields\.(\w+)", name), *kept]
    return DataTransformerConfig("filterFieldsByName", options={"include": {"names": names}})
