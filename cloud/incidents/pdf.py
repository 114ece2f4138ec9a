"""The pages of an incident's file: a heading, facts, the chart, checklist, notifications, journal; numbered pages.

pdf_of(catalog, pages) -> b"%PDF-1.4 …"      bounded: so many lines of each part, and no part of another incident
"""

from collections.abc import Iterable, Sequence
from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from cloud.incidents.chart import IncidentChart
from cloud.incidents.fonts import BOLD, PLAIN, register, shown
from cloud.incidents.pages import IncidentPages
from i18n.catalog import Catalog

MOST_LINES = 300
"""Lines of each part: what is more is in the journal of the console."""
LONGEST_LINE = 600
_MARGIN = 18 * mm
_WIDTH = A4[0] - 2 * _MARGIN - 12  # the library's frame keeps 6 points on each side
_CHART_HEIGHT = 190
_INK, _SOFT, _RULE = HexColor("#16202b"), HexColor("#566270"), HexColor("#c9d1da")


def pdf_of(_: Catalog, pages: IncidentPages) -> bytes:
    """Return the file; a tenth of a second of work, for a thread of its own."""
    register()
    content = BytesIO()
    heading = _("Incident {number}", number=pages.number)
    document = SimpleDocTemplate(
        content, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
        title=f"{heading} · {pages.title}", author=pages.city, creator="Siaga", lang=_.language.page,
    )  # fmt: skip
    made = _("made {time}", time=pages.made)
    foot = f"{pages.city} · {heading} · {made}"
    document.build(list(_parts(_, pages, heading)), canvasmaker=_numbered(_, foot))
    return content.getvalue()


def _parts(_: Catalog, pages: IncidentPages, heading: str) -> Iterable[Flowable]:
    yield _text(f"{pages.city} · {heading}", _SMALL)
    yield _text(pages.title, _TITLE)
    yield _text(pages.where, _PLAIN)
    yield Spacer(1, 8)
    yield _table(pages.facts, (95, _WIDTH - 95))
    yield _text(pages.measured or _("Value"), _HEADING)
    yield from _chart(_, pages)
    yield _text(_("What to do"), _HEADING)
    yield from _checklist(_, pages)
    yield _text(_("Who was notified"), _HEADING)
    yield from _notified(_, pages)
    yield _text(_("Journal"), _HEADING)
    yield from _journal(_, pages)


def _chart(_: Catalog, pages: IncidentPages) -> Iterable[Flowable]:
    if pages.stretch is None or not pages.stretch.points:
        yield _text(pages.trouble or _("There are no readings of that time."), _PLAIN)
        return
    yield IncidentChart(
        _, pages.stretch, pages.limits, pages.alarm, pages.zone, width=_WIDTH, height=_CHART_HEIGHT
    )  # fmt: skip
    yield _text(_("Red ground: the alarm. Grey ground: no readings. Violet rings: doubted values."), _SMALL)
    for line in pages.whole:
        yield _text(line, _SMALL)


def _checklist(_: Catalog, pages: IncidentPages) -> Iterable[Flowable]:
    if not pages.steps:
        yield _text(pages.advice or _("The rule has no advice."), _PLAIN)
        return
    rows = [(_("done") if one.done else _("open"), f"{one.number}. {one.text}", one.done) for one in pages.steps]
    yield _table(rows, (50, _WIDTH - 200, 150))


def _notified(_: Catalog, pages: IncidentPages) -> Iterable[Flowable]:
    if not pages.notified:
        yield _text(_("Nobody has been told of this alarm."), _PLAIN)
        return
    rows = [
        (one.when, f"{one.who} · {one.channel}", f"{one.words}: {one.outcome}" if one.outcome else one.words)
        for one in pages.notified
    ]
    yield _table(rows, (115, 130, _WIDTH - 245))


def _journal(_: Catalog, pages: IncidentPages) -> Iterable[Flowable]:
    rows = [(one.when, one.who, f"{one.what}: {one.word}" if one.word else one.what) for one in pages.journal]
    if rows:
        yield _table(rows, (115, 80, _WIDTH - 195))


def _table(rows: Sequence[Sequence[str]], widths: Sequence[float]) -> Table:
    lines = [[_text(one, _PLAIN if place else _NAME) for place, one in enumerate(row)] for row in rows[:MOST_LINES]]
    table = Table(lines, colWidths=list(widths), hAlign="LEFT")
    table.setStyle(TableStyle([
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _RULE), ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ]))  # fmt: skip
    return table


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    """Return a paragraph; the library reads marks in angle brackets, so what people wrote is escaped."""
    return Paragraph(escape(shown(text[:LONGEST_LINE])), style)


def _numbered(_: Catalog, foot: str) -> type[Canvas]:
    """Return a canvas that writes the foot of each page when it knows how many there are."""

    class NumberedCanvas(Canvas):  # type: ignore[misc]  # the library has no types
        def __init__(self, *given: object, **named: object) -> None:
            super().__init__(*given, **named)
            self._kept: list[dict[str, object]] = []

        def showPage(self) -> None:  # noqa: N802 - the library's name
            self._kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._kept, 1):
                self.__dict__.update(page)
                self.setFont(PLAIN, 8)
                self.setFillColor(_SOFT)
                self.drawString(_MARGIN + 6, 10 * mm, shown(foot))
                words = _("page {n} of {all}", n=number, all=len(self._kept))
                self.drawRightString(A4[0] - _MARGIN - 6, 10 * mm, words)
                super().showPage()
            super().save()

    return NumberedCanvas


_PLAIN = ParagraphStyle("plain", fontName=PLAIN, fontSize=9, leading=12, textColor=_INK, splitLongWords=True)
_NAME = ParagraphStyle("name", parent=_PLAIN, textColor=_SOFT)
_SMALL = ParagraphStyle("small", parent=_PLAIN, fontSize=8, leading=11, textColor=_SOFT)
_TITLE = ParagraphStyle("title", parent=_PLAIN, fontName=BOLD, fontSize=18, leading=23)
_HEADING = ParagraphStyle(
    "heading", parent=_PLAIN, fontName=BOLD, fontSize=11, leading=15, spaceBefore=12, spaceAfter=4
)
