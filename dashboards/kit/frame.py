"""The frame of every dashboard: UID, links in the head, time zone, refresh; as of when it speaks, then its panels.

frame(look, "flood", about=…, rows=[…], variables=[site(look)], events=alarms_here(look, Domain.FLOOD))
"""

from collections.abc import Sequence

from grafana_foundation_sdk.builders.dashboard import CustomVariable, Dashboard, QueryVariable
from grafana_foundation_sdk.builders.stat import Panel as StatPanel
from grafana_foundation_sdk.cog import runtime
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard

from dashboards.kit.as_of import as_of
from dashboards.kit.events import AlarmBands, without_ids
from dashboards.kit.headline import headline
from dashboards.kit.layout import COLUMNS, PanelRow, place
from dashboards.kit.links import head
from dashboards.kit.named import show_names
from dashboards.kit.names import WALL
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tiles import sized
from dashboards.kit.unknown import unknown_is_grey
from dashboards.kit.words import Words

REFRESH = "30s"
"""As often as the cloud writes a sample."""
TAG = "siaga"
_HEAD, _HEAD_ON_THE_WALL, _STRIP, _STRIP_ON_THE_WALL = 2, 4, 8, 9

register_default_plugins()


def frame(
    style: DashboardStyle, key: str, *,
    about: Words, rows: Sequence[PanelRow], variables: Sequence[QueryVariable | CustomVariable] = (),
    events: Sequence[AlarmBands] = (), since: str = "now-24h", refresh: str = REFRESH, beside: StatPanel | None = None,
) -> dashboard.Dashboard:  # fmt: skip
    """The dashboard `key`: `about` is its description, `since` where its time range begins at first.

    `beside` stands in the head of a page of the wall, beside as of when it speaks.
    """
    builder = Dashboard(style.say(style.titles[key])).uid(style.uid(key)).description(style.say(about))
    builder.tags([TAG, style.language]).timezone(style.zone).week_start("monday").refresh(refresh).time(since, "now")
    builder.tooltip(dashboard.DashboardCursorSync.CROSSHAIR).readonly()
    for variable in variables:
        builder.with_variable(variable)
    for bands in events:
        builder.annotation(bands)
    for link in head(style, key):
        builder.link(link)
    made = builder.build()
    made.panels = [_whole(panel) for panel in place(style, [*_heads(style, key, beside), *rows])]
    for panel in made.panels:
        if isinstance(panel, dashboard.Panel):
            show_names(panel, style.names)
            unknown_is_grey(panel, style)
    _draw(events, made.panels)
    return made


def _heads(style: DashboardStyle, key: str, beside: StatPanel | None) -> list[PanelRow]:
    """What stands above all else: as of when the page speaks, and the city's one sentence where there is room."""
    if key in WALL:
        strip = sized(as_of(style)).wide_layout(True)
        if beside is None:
            return [PanelRow(_HEAD_ON_THE_WALL, (strip, COLUMNS))]
        return [PanelRow(_HEAD_ON_THE_WALL, (strip, _STRIP_ON_THE_WALL), (beside, COLUMNS - _STRIP_ON_THE_WALL))]
    if key == "phone":
        return [PanelRow(_HEAD, (as_of(style), COLUMNS))]
    return [PanelRow(_HEAD, (as_of(style), _STRIP), (headline(style), COLUMNS - _STRIP))]


def _draw(events: Sequence[AlarmBands], panels: Sequence[dashboard.Panel | dashboard.RowPanel]) -> None:
    """Let bands of alarms be drawn on the charts where they belong, and nowhere else."""
    for bands in events:
        bands.only_on([panel.id_val for panel in panels if bands.are_on(panel) and panel.id_val is not None])
    for panel in panels:
        if isinstance(panel, dashboard.Panel) and any(bands.are_on(panel) for bands in events):
            panel.transformations = [*(panel.transformations or ()), without_ids()]


def _whole(panel: dashboard.Panel | dashboard.RowPanel) -> dashboard.Panel | dashboard.RowPanel:
    """The panel with the settings of its kind written down, as the SDK reads it back."""
    if isinstance(panel, dashboard.Panel) and panel.field_config is None:
        panel.field_config = dashboard.FieldConfigSource(defaults=dashboard.FieldConfig(), overrides=[])
    kind = runtime.panelcfg_config(panel.type_val)
    if isinstance(panel, dashboard.Panel) and panel.field_config is not None and kind is not None:
        defaults, read = panel.field_config.defaults, kind.field_config_from_json_hook
        if defaults.custom is None and read is not None:
            defaults.custom = read({})
    return panel
