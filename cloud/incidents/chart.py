"""The chart of an incident, as a drawing: the value, the limits of the levels, the time of the alarm, gaps and doubts.

320 ┤╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ Siaga 1
    │       ░░░╱╲░░░░░
250 ┤╌╌╌╌╌╌░░░╱░░╲░░░╌╌╌╌╌╌╌╌╌ Siaga 2       ░ the alarm    ▒ nothing known    ○ doubted
    └──────┴────┴────┴────┴────
"""

from itertools import pairwise
from zoneinfo import ZoneInfo

from reportlab.lib.colors import Color, HexColor
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from cloud.incidents.fonts import PLAIN, shown
from cloud.incidents.pages import LevelLimit
from cloud.incidents.stretch import Stretch
from cloud.readings.contract import Point
from i18n import figures
from i18n.catalog import Catalog

_LEFT, _RIGHT, _BOTTOM, _TOP = 44, 74, 26, 8
_TICKS = 5
_SIZE = 8


class IncidentChart(Flowable):  # type: ignore[misc]  # the library has no types
    """The drawing, `width` by `height` points of a page."""

    def __init__(
        self, _: Catalog, stretch: Stretch, limits: list[LevelLimit], alarm: tuple[int, int], zone: ZoneInfo,
        *, width: float, height: float,
    ) -> None:  # fmt: skip
        super().__init__()
        self.width, self.height = width, height
        self._words, self._stretch, self._limits, self._alarm, self._zone = _, stretch, limits, alarm, zone
        values = [point.value for point in (*stretch.points, *stretch.low, *stretch.high)]
        values += [one.limit for one in limits]
        low, high = min(values, default=0.0), max(values, default=1.0)
        spare = (high - low or abs(high) or 1.0) * 0.06
        self._low, self._high = low - spare, high + spare

    def draw(self) -> None:
        """Draw it on the page, from the back to the front."""
        canvas: Canvas = self.canv
        canvas.setFont(PLAIN, _SIZE)
        self._shade(canvas, [self._alarm], HexColor("#d7261e", hasAlpha=False), 0.13)
        self._shade(canvas, self._stretch.gaps, HexColor("#808890"), 0.22)
        self._axes(canvas)
        self._limit_lines(canvas)
        self._range(canvas)
        self._line(canvas)
        self._doubts(canvas)

    def _x(self, time_ms: float) -> float:
        stretch = self._stretch
        share = (time_ms - stretch.start_ms) / max(1, stretch.end_ms - stretch.start_ms)
        return _LEFT + min(1.0, max(0.0, share)) * (self.width - _LEFT - _RIGHT)

    def _y(self, value: float) -> float:
        return _BOTTOM + (value - self._low) / (self._high - self._low) * (self.height - _BOTTOM - _TOP)

    def _shade(self, canvas: Canvas, spans: list[tuple[int, int]], colour: Color, opacity: float) -> None:
        canvas.saveState()
        canvas.setFillColor(colour)
        canvas.setFillAlpha(opacity)
        for start_ms, end_ms in spans:
            x = self._x(start_ms)
            canvas.rect(x, _BOTTOM, max(0.5, self._x(end_ms) - x), self.height - _BOTTOM - _TOP, stroke=0, fill=1)
        canvas.restoreState()

    def _axes(self, canvas: Canvas) -> None:
        canvas.setStrokeColor(HexColor("#9aa4b0"))
        canvas.setFillColor(HexColor("#3b4550"))
        canvas.setLineWidth(0.6)
        canvas.rect(_LEFT, _BOTTOM, self.width - _LEFT - _RIGHT, self.height - _BOTTOM - _TOP)
        decimals = 0 if self._high - self._low >= _TICKS * 2 else 1 if self._high - self._low >= 1 else 2
        for number in range(_TICKS):
            value = self._low + (self._high - self._low) * (number + 0.5) / _TICKS
            canvas.drawRightString(_LEFT - 4, self._y(value) - 3, shown(self._words.number(value, decimals)))
            time_ms = round(self._stretch.start_ms + self._length * number / (_TICKS - 1))
            canvas.drawCentredString(self._x(time_ms), _BOTTOM - 11, figures.time_of_day(time_ms, self._zone)[:5])
            if number in (0, _TICKS - 1):
                day = figures.day(self._words, time_ms, self._zone)
                canvas.drawCentredString(self._x(time_ms), _BOTTOM - 21, day)

    @property
    def _length(self) -> int:
        return self._stretch.end_ms - self._stretch.start_ms

    def _limit_lines(self, canvas: Canvas) -> None:
        canvas.setDash(4, 3)
        for one in self._limits:
            y = self._y(one.limit)
            canvas.setStrokeColor(HexColor(one.colour))
            canvas.setLineWidth(1.1)
            canvas.line(_LEFT, y, self.width - _RIGHT, y)
            canvas.setFillColor(HexColor("#1b2530"))
            canvas.drawString(self.width - _RIGHT + 4, y - 3, shown(one.name)[:14])
        canvas.setDash()

    def _range(self, canvas: Canvas) -> None:
        high = {point.time_ms: point.value for point in self._stretch.high}
        canvas.setStrokeColor(HexColor("#9cc4f0"))
        canvas.setLineWidth(1.2)
        for point in self._stretch.low:
            if point.time_ms in high:
                x = self._x(point.time_ms)
                canvas.line(x, self._y(point.value), x, self._y(high[point.time_ms]))

    def _line(self, canvas: Canvas) -> None:
        canvas.setStrokeColor(HexColor("#0b4f9e"))
        canvas.setLineWidth(1.2)
        missing = set(self._stretch.gaps)
        for one, other in pairwise(self._stretch.points):
            if (one.time_ms, other.time_ms) not in missing:
                canvas.line(*self._at(one), *self._at(other))

    def _doubts(self, canvas: Canvas) -> None:
        canvas.setStrokeColor(HexColor("#8a2be2"))
        for point in self._stretch.doubted:
            canvas.circle(*self._at(point), 2.2)

    def _at(self, point: Point) -> tuple[float, float]:
        return self._x(point.time_ms), self._y(point.value)
