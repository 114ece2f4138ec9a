"""Tables: each column with its title, unit, words and colours, and the way that a click on it leads.

table(look, caption, Query(newest("alarm", …), table=True), columns=[
    TableColumn(name="severity", title=Text("Tingkat", "Severity"), scale=SEVERITY),
    TableColumn(name="site", title=Text("Lokasi", "Site"), link=to_site(look, from_column("site")))])

Columns of the query that are not listed are left out; so a link takes its value from a column that is listed.
"""

from collections.abc import Mapping, Sequence

import msgspec
from grafana_foundation_sdk.builders import common
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.models.common import FieldTextAlignment, TableCellHeight
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from dashboards.kit.influx import SOURCE, InfluxQuery, Query
from dashboards.kit.links import Link
from dashboards.kit.panels import LETTERS, thresholds
from dashboards.kit.scales import PanelScale, one_colour, words_of
from dashboards.kit.style import DashboardStyle
from dashboards.kit.words import Caption, Words

NARROWEST = 60
"""Pixels that a column keeps at the least: Grafana's own 150 push columns out of a table of half the width."""
NOT_THERE = "–"
"""In a cell without a text, where Grafana would write what the whole table says when it is empty."""
ON_A_PHONE, READ_ON_A_PHONE_PX = 3, 90
"""The first columns of a table are read on a phone's 390 px without scrolling: what matters stands there."""
NAME_PX = 160
"""What leads somewhere is a name, which Grafana cuts where it is longer."""
WRAPPED = {"type": "auto", "wrapText": True}
"""How Grafana writes a cell whose text goes on in the next line."""


class TableColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a table: `name` in the query, `title` for people, `unit` of Grafana.

    A `scale` fills the cell with colour; `as_class` shows the word of the class instead of the figure. `words` stand
    for the values of a text. `width` in pixels, or `least`, which it keeps where the screen is narrow. An `optional`
    column comes only where somewhere it is measured.
    """

    name: str
    title: Words
    unit: str = ""
    decimals: int | None = None
    scale: PanelScale | None = None
    as_class: bool = False
    words: Mapping[str, Words] | None = None
    link: Link | None = None
    width: int | None = None
    least: int | None = None
    hidden: bool = False
    """Not shown, and there for the link of another column: an id."""
    optional: bool = False
    wrapped: bool = False
    """A long text goes on in the next line; with a link, Grafana 12.2 cuts it all the same."""


def table(
    style: DashboardStyle, caption: Caption, *queries: Query,
    columns: Sequence[TableColumn], worst_first: str = "", tall: bool = False,
    steps: Sequence[DataTransformerConfig] = (),
) -> tables.Panel:  # fmt: skip
    """The rows of a query, or of several that `steps` make one table of.

    `worst_first`: the column whose largest values come first; `tall` rows, to be read afar. ValueError where two
    columns have one title: Grafana would mix them up.
    """
    titles = [style.say(column.title) for column in columns]
    if len(set(titles)) < len(titles):
        raise ValueError(f"the columns {titles} of {style.say(caption.title)} share a title; give each its own")
    panel = tables.Panel().title(style.say(caption.title)).description(style.say(caption.about))
    panel.no_value(style.say(caption.nothing)).datasource(SOURCE)
    for letter, query in zip(LETTERS, queries, strict=False):
        panel.with_target(InfluxQuery(query, ref=letter))
    # in a cell without a value Grafana would write what the whole panel says where it has no row
    panel.unit("none").decimals(0).thresholds(thresholds(one_colour())).show_header(True).align(FieldTextAlignment.AUTO)
    panel.cell_height(TableCellHeight.LG if tall else TableCellHeight.SM).footer(_no_footer())
    panel.min_width(NARROWEST)
    for step in steps:
        panel.with_transformation(step)
    if worst_first:
        panel.with_transformation(_sorted(worst_first))
    panel.with_transformation(_only(columns)).with_transformation(_in_order(columns))
    for number, column in enumerate(columns):
        least = _least(column, on_a_phone=number < ON_A_PHONE)
        matched = panel.override_by_regexp if column.optional else panel.override_by_name
        named = f"^{column.name}$" if column.optional else column.name
        matched(named, _properties(style, column, least=column.least or least))
    return panel


def _least(column: TableColumn, *, on_a_phone: bool) -> int | None:
    if column.width is not None:
        return None
    return NAME_PX if column.link is not None else READ_ON_A_PHONE_PX if on_a_phone else None


def _no_footer() -> common.TableFooterOptions:
    return common.TableFooterOptions().show(False).reducer([]).count_rows(False)


def _sorted(column: str) -> DataTransformerConfig:
    return DataTransformerConfig("sortBy", options={"fields": {}, "sort": [{"field": column, "desc": True}]})


def _only(columns: Sequence[TableColumn]) -> DataTransformerConfig:
    return DataTransformerConfig("filterFieldsByName", options={"include": {"names": [row.name for row in columns]}})


def _in_order(columns: Sequence[TableColumn]) -> DataTransformerConfig:
    order = {column.name: number for number, column in enumerate(columns)}
    return DataTransformerConfig("organize", options={"excludeByName": {}, "indexByName": order, "renameByName": {}})


def _properties(style: DashboardStyle, column: TableColumn, *, least: int | None) -> list[DynamicConfigValue]:
    properties = {
        "displayName": style.say(column.title),
        "noValue": NOT_THERE,
        "unit": column.unit or None,
        "decimals": column.decimals,
        "custom.width": column.width,
        "custom.minWidth": least,
        "custom.hidden": column.hidden or None,
        "links": None if column.link is None else [column.link],
        **_coloured(style, column),
    }
    return [DynamicConfigValue(name, value) for name, value in properties.items() if value is not None]


def _coloured(style: DashboardStyle, column: TableColumn) -> dict[str, object]:
    if column.words is not None:
        return {"mappings": words_of(column.words, style)}
    if column.scale is None:
        return {"custom.cellOptions": WRAPPED} if column.wrapped else {}
    named = column.scale.classes_as_words(style) if column.as_class else column.scale.mappings(style)
    return {
        "mappings": named,
        "thresholds": column.scale.steps(),
        "color": {"mode": "thresholds"},
        "custom.cellOptions": {"type": "color-background", "mode": "basic"},
    }
