"""The screen of `siaga-edge status`: what is shown of a gateway as lines for a person on site, at 80 columns.

gw-daruba · siaga-edge 0.1.0 · running for 1.0 h                                14:02:33
REFUSED   the cloud has everything up to 14:02:31
          refused: 12 of air-mraket: unknown sensor

Source                State      Readings   A minute   Noise   Last
river                 working       1,204       30.0   0.3 %   1 s ago
  river-daruba-1 water_level                132.4 cm           1 s ago

Pure: what is wide is cut or wrapped here, and colours are the terminal's business.
"""

import textwrap
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from edge.control.condition import GatewayCondition, GatewayVerdict
from edge.control.snapshot import AgentSnapshot
from edge.status_view import SourceRow, StatusView, ValueRow, alarms_of, cloud_has, view_of
from i18n.catalog import Catalog
from wire.printable import printable


class ScreenLine(NamedTuple):
    """A line, and what stands out in it: "" nothing, or the condition whose colour it has, or "head"."""

    text: str
    tone: str = ""


def screen(snapshot: AgentSnapshot, _: Catalog, columns: int = 80) -> list[ScreenLine]:
    """All of it; the caller cuts what its terminal has no room for."""
    columns = max(columns, 40)
    return [ScreenLine(_cut(text, columns), tone) for text, tone in _lines(view_of(snapshot, _), _, columns)]


def one_line(snapshot: AgentSnapshot, _: Catalog) -> str:
    """The same on one line, for scripts: the condition's word first, which is the same in every language."""
    verdict = GatewayVerdict(snapshot)
    alarms = [f"{_('Alarm')}: {alarm}" for alarm in alarms_of(snapshot, _)[:3]]
    parts = [*alarms, cloud_has(snapshot, _), *(_.said(reason) for reason in verdict.reasons[:3])]
    return printable(f"{verdict.condition}: {'; '.join(parts)}")


def _lines(view: StatusView, _: Catalog, columns: int) -> Iterator[ScreenLine]:
    yield ScreenLine(view.title[: columns - 10].ljust(columns - 9) + view.time, "head")
    word = view.word.upper()
    sentences = [*view.alarms, view.cloud, *view.reasons]
    yield from _wrapped(f"{word}  ", sentences[:1], columns, tone=view.tone)
    yield from _wrapped(" " * (len(word) + 2), sentences[1:], columns)
    yield ScreenLine("")
    yield ScreenLine(_row(view.heads, columns), "head")
    if not view.sources:
        yield ScreenLine(_("no source is named in edge.toml"))
    for source in view.sources:
        yield from _source(source, columns)
    yield ScreenLine("")
    width = max(len(name) for name, _text in view.facts) + 2
    for name, text in view.facts:
        yield from _wrapped(f"{name:<{width}}", [text], columns)


def _source(source: SourceRow, columns: int) -> Iterator[ScreenLine]:
    cells = (source.name, source.state, source.readings, source.rate, source.noise, source.last)
    yield ScreenLine(_row(cells, columns), "" if source.is_well else GatewayCondition.TROUBLE)
    for value in source.values:
        yield ScreenLine(_value_row(value, columns))
    if source.more:
        yield ScreenLine(f"  {source.more}")
    if source.detail:
        yield from _wrapped("  ", [source.detail], columns)


_WIDTHS = (11, 10, 10, 8)
"""Columns of state, readings, rate and noise; the name has what is left, the age of the last reading 14."""
_AGE = 14


def _row(cells: tuple[str, ...], columns: int) -> str:
    name_width = max(8, columns - sum(_WIDTHS) - _AGE - 2)
    name, state, *figures, last = cells
    row = f"{_cut(name, name_width - 1):<{name_width}}{_cut(state, _WIDTHS[0] - 1):<{_WIDTHS[0]}}"
    row += "".join(f"{_cut(cell, width):>{width}}" for cell, width in zip(figures, _WIDTHS[1:], strict=True))
    return f"{row}  {last}"


def _value_row(value: ValueRow, columns: int) -> str:
    left = _cut(f"  {value.name}", columns - _AGE - 2 - len(value.figure) - 1)
    return f"{left}{value.figure:>{columns - _AGE - 2 - len(left)}}  {value.age}"


def _wrapped(begin: str, sentences: Iterable[str], columns: int, *, tone: str = "") -> Iterator[ScreenLine]:
    for sentence in sentences:
        for line in textwrap.wrap(
            sentence, columns, initial_indent=begin, subsequent_indent=" " * len(begin), break_on_hyphens=False
        ):
            yield ScreenLine(line, tone)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"
