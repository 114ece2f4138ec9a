"""Ways from one dashboard to another: the bar in the head, and drilling down from a figure.

to_site(look, from_column("site")) -> {"title": "Buka lokasi ini", "url": "/d/siaga-id-site?var-site=${…}&…"}

Every way keeps the time range; the bar keeps the chosen values too. The way to the wall keeps neither: there is a day
of everything, on the whole screen, without Grafana's own bars.
"""

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

from dashboards.kit.names import WALL, uid
from dashboards.kit.style import DashboardStyle
from dashboards.kit.words import Text, Words
from i18n.catalog import LanguageCode
from i18n.message import in_context

_LANGUAGES = {LanguageCode.INDONESIAN: "Bahasa Indonesia", LanguageCode.ENGLISH: "English"}
_TO_THE_WALL = Text("Wall")
WHOLE_SCREEN = "kiosk&autofitpanels&_dash.hideTimePicker&_dash.hideVariables&_dash.hideLinks"
"""Grafana's own words for a page without bars and lists, whose panels share the height of the screen."""
_OPEN = in_context("dashboards", "Open")
_OPEN_SITE = Text("Open this site")
_OPEN_SENSOR = Text("Open this sensor")
Link = dict[str, object]
"""A link on a value, as Grafana keeps it."""


def from_column(name: str) -> str:
    """The value of a table's column in the row of the link."""
    return f"${{__data.fields.{name}:percentencode}}"


def from_tag(name: str) -> str:
    """The value of a series' tag."""
    return f"${{__field.labels.{name}:percentencode}}"


def to_site(style: DashboardStyle, value: str) -> Link:
    """To the dashboard of the site named by `value` (`from_column`, `from_tag`)."""
    return _drill(style, "site", _OPEN_SITE, value)


def to_sensor(style: DashboardStyle, value: str) -> Link:
    """To the dashboard of the sensor named by `value`."""
    return _drill(style, "sensor", _OPEN_SENSOR, value)


def to_dashboard(style: DashboardStyle, key: str) -> Link:
    """To the dashboard `key` with the time range alone."""
    title = f"{style.say(_OPEN)} {style.say(style.titles[key])}"
    return {"title": title, "url": f"/d/{style.uid(key)}?${{__url_time_range}}"}


def head(style: DashboardStyle, key: str) -> list[DashboardLink]:
    """The bar in the head of dashboard `key`: its siblings, its page on the wall, then itself in the other language."""
    siblings = [
        _in_bar(style.say(title), f"/d/{style.uid(sibling)}")
        for sibling, title in style.titles.items()
        if sibling not in (key, *WALL)
    ]
    language = _in_bar(_LANGUAGES[style.language.other], f"/d/{uid(style.language.other, key)}", icon="bolt")
    return [*siblings, *([] if key in WALL else [_to_the_wall(style, key)]), language]


def _to_the_wall(style: DashboardStyle, key: str) -> DashboardLink:
    page = f"wall-{key}" if f"wall-{key}" in WALL else WALL[0]
    link = DashboardLink(style.say(_TO_THE_WALL)).type(DashboardLinkType.LINK).icon("apps")
    return link.url(f"/d/{style.uid(page)}?{WHOLE_SCREEN}").include_vars(False).keep_time(False)


def _drill(style: DashboardStyle, key: str, title: Words, value: str) -> Link:
    return {"title": style.say(title), "url": f"/d/{style.uid(key)}?var-{key}={value}&${{__url_time_range}}"}


def _in_bar(title: str, url: str, *, icon: str = "dashboard") -> DashboardLink:
    link = DashboardLink(title).type(DashboardLinkType.LINK).url(url).icon(icon)
    return link.include_vars(True).keep_time(True)
