"""Panels on Grafana's grid of 24 columns, in rows from the top; nobody writes coordinates.

[PanelRow(8, (state, 12), (map_, 12)), PanelRow(6, (trend, 24), title=Text("Sejarah", "History"))]
"""

from collections.abc import Iterator, Sequence

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import GridPos, Panel, RowPanel

from dashboards.kit.style import DashboardStyle
from dashboards.kit.words import Words

COLUMNS = 24


class PanelRow:
    """Panels beside each other: `height` in grid units of 30 px, each panel with its width in columns.

    ValueError where they are wider than the grid. With a `title` a heading stands above; `repeat` names the
    variable for each of whose values it is there once, with its panels.
    """

    def __init__(
        self, height: int, *panels: tuple[Builder[Panel], int], title: Words | None = None, repeat: str = ""
    ) -> None:
        width = sum(columns for _, columns in panels)
        if width > COLUMNS:
            raise ValueError(f"a row of {width} columns is wider than the grid of {COLUMNS}; make its panels narrower")
        self.height, self.panels, self.title, self.repeat = height, panels, title, repeat


def place(style: DashboardStyle, rows: Sequence[PanelRow]) -> Iterator[Panel | RowPanel]:
    """The panels with their places and numbers."""
    number, top = 1, 0
    for row in rows:
        if row.title is not None:
            heading = builders.Row(style.say(row.title)).id(number).grid_pos(GridPos(h=1, w=COLUMNS, x=0, y=top))
            yield (heading.repeat(row.repeat) if row.repeat else heading).build()
            number, top = number + 1, top + 1
        left = 0
        for builder, width in row.panels:
            panel = builder.build()
            panel.id_val, panel.grid_pos = number, GridPos(h=row.height, w=width, x=left, y=top)
            yield panel
            number, left = number + 1, left + width
        top += row.height
