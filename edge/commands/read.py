"""siaga-edge read SOURCE: what the running agent hears from a source, and what it makes of it, as it comes.

14:02:31.120  aa c0 d5 02 7a 05 a1 60 60 ab                    ....z..``.
              -> air-market pm2_5 72.5 µg/m³ · pm10 140.2 µg/m³
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from edge.commands import BROKEN, MISTAKES, NO_AGENT, WELL
from edge.commands.shared import add_config, complain, spool_path
from edge.control.client import AgentRefuses, AgentUnreachable, ask, snapshot_at
from edge.control.paths import control_path
from edge.control.tap import TapEvent, TapReading
from i18n.catalog import N_, Catalog, LanguageCode, catalog_of
from i18n.message import LocalizedMessage
from i18n.units import amount
from wire import BUILT_IN, Clock
from wire.printable import is_printable, printable

EXPLAINED = N_(
    "Shows the bytes or messages that the running gateway gets from a source, in hexadecimal and as text, and below "
    "them the readings it makes of them, or why it makes none. The gateway reads on meanwhile."
)
_DOUBTS = {"unknown": N_("time unknown"), "estimated": N_("time estimated")}
_BYTES_A_LINE = 16
_INDENT = " " * 14


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return _("Exit code 0: something came; 1: nothing came in that time; 2: no such source; 3: no agent answers.")


def add_options(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """The options of the command."""
    parser.add_argument(
        "source", nargs="?", default="", metavar=_("SOURCE"), help=_("the name of a source; left out: which there are")
    )
    parser.add_argument(
        "--seconds", type=float, default=0.0, metavar="N", help=_("stop after so many seconds; else at Ctrl-C")
    )
    add_config(parser, _, completes_file)


def run(options: argparse.Namespace, language: LanguageCode) -> int:
    """Show what passes through the source; the exit code."""
    path, _ = control_path(spool_path(options.config, language)), catalog_of(language)
    heard = 0
    try:
        sources = snapshot_at(path).sources
        if not options.source:
            complain([_which(source.name for source in sources)], language)
            return MISTAKES
        units = {value.quantity: value.unit for source in sources for value in source.values}
        until_s = time.monotonic() + options.seconds
        for line in ask(path, "read", source=options.source):
            event = msgspec.json.decode(line, type=TapEvent)
            for text in lines_of(event, units, _):
                print(text, flush=True)
            heard += event.size > 0
            if options.seconds and time.monotonic() >= until_s:
                break
    except KeyboardInterrupt:
        return WELL
    except BrokenPipeError:
        sys.stdout = None  # whoever read has gone; nothing is left to flush
        return WELL
    except AgentUnreachable as none:
        complain([none.problem], language)
        return MISTAKES if isinstance(none, AgentRefuses) else NO_AGENT
    if not heard:
        nothing = LocalizedMessage(
            "nothing came from {source}; siaga-edge status says how it is", source=options.source
        )
        complain([nothing], language)
    return WELL if heard else BROKEN


def _which(names: Iterable[str]) -> LocalizedMessage:
    return LocalizedMessage("name a source: {names}", names=", ".join(names) or LocalizedMessage("none"))


def lines_of(event: TapEvent, units: dict[str, str], _: Catalog) -> Iterator[str]:
    """What one event looks like; nothing of one in which nothing came."""
    if event.missed:
        yield _INDENT + _("({count} more came faster than they could be shown)", count=event.missed)
    if event.noise:
        yield _INDENT + _("noise, {size} bytes: {reason}", size=event.size, reason=printable(event.noise))
    elif event.data or event.size:
        at = datetime.fromtimestamp(event.time_ms / 1_000).astimezone()
        begins = f"{at:%H:%M:%S}.{at.microsecond // 1_000:03d}  "
        for text in _of_bytes(event, _):
            yield begins + text
            begins = _INDENT
    elif event.readings:
        yield _INDENT + "-> " + _of_readings(event.readings, units, _)


def _of_bytes(event: TapEvent, _: Catalog) -> Iterator[str]:
    data = bytes.fromhex(event.data)
    if event.topic:
        yield printable(event.topic)
    text = _text(data) if event.topic else None
    if text is not None:
        yield text
    else:
        for at in range(0, len(data), _BYTES_A_LINE):
            piece = data[at : at + _BYTES_A_LINE]
            shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in piece)
            yield f"{piece.hex(' '):<{3 * _BYTES_A_LINE - 1}}  {shown}"
    if event.size > len(data):
        yield _("… {count} bytes in all", count=event.size)


def _text(data: bytes) -> str | None:
    """A message's payload as text; None where it is none."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if is_printable(text) else None


def _of_readings(readings: tuple[TapReading, ...], units: dict[str, str], _: Catalog) -> str:
    said, sensor = [], ""
    for row in readings:
        figure = amount(_.short_number(row.value, 3), _unit(row, units), _.language.code)
        name = "" if row.sensor == sensor else f"{row.sensor} "
        doubt = "" if row.clock == Clock.SYNCED else f" ({_(_DOUBTS[row.clock])})"
        said.append(f"{name}{row.quantity} {figure}{doubt}")
        sensor = row.sensor
    return printable(" · ".join(said))


def _unit(row: TapReading, units: dict[str, str]) -> str:
    """The unit of the quantity: of the gateway's own table where it has been read there, else Siaga's."""
    if row.quantity in units:
        return units[row.quantity]
    return BUILT_IN[row.quantity].unit if row.quantity in BUILT_IN else ""
