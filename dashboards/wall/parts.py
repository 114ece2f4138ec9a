"""What pages of the wall have in common: the state of each site in a domain, told by its name and official words."""

from collections.abc import Sequence

from grafana_foundation_sdk.models import dashboard

from dashboards.kit.frame import frame
from dashboards.kit.influx import newest
from dashboards.kit.layout import PanelRow
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tiles import column
from dashboards.kit.words import Text, Words

UNHEARD = Text("The platform is not heard: look at the server")
"""Where the cloud's own samples are missing, nothing may look calm."""


def page(style: DashboardStyle, key: str, *, about: Words, rows: Sequence[PanelRow]) -> dashboard.Dashboard:
    """A page of the wall: the last day, and nothing to choose."""
    return frame(style, key, about=about, rows=rows, since="now-24h")


def states_of_sites(style: DashboardStyle, domain: str) -> str:
    """The state of a domain at each site that watches it: severity, name, and the state in official words."""
    return newest("situation", f"severity name word{style.suffix}", by="site", where=f"\"domain\" = '{domain}'")


def named_state(style: DashboardStyle) -> str:
    """The name of a tile's site and the state there."""
    return f"{column('name')} · {column(f'word{style.suffix}')}"
