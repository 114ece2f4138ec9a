"""siaga-edge status [--once | --line | --json]: how the running gateway is doing, asked of it over its local socket."""

import argparse
import contextlib
import os
import shutil
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from edge.commands import NO_AGENT, WELL
from edge.commands.shared import add_config, spool_path
from edge.control.client import AgentAbsent, AgentUnreachable, snapshot_at
from edge.control.condition import GatewayCondition, GatewayVerdict
from edge.control.document import status_document
from edge.control.paths import control_path
from edge.lock import process_that_holds
from edge.spool.on_disk import SpoolOnDisk, spool_on_disk
from edge.spool.write_batch import DiskProblem
from edge.status_screen import ScreenLine, one_line, screen
from edge.status_view import local_time
from i18n.catalog import N_, Catalog, LanguageCode, catalog_of
from i18n.figures import size
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms

EXPLAINED = N_(
    "Shows what the running gateway does: each source with its last values, how long the spool lasts, the link, the "
    "clock, and what the cloud has and refuses. At a terminal the screen is drawn again each second until Ctrl-C. "
    "Where no agent runs it says so, and what its spool holds. Sentences of the gateway itself are English."
)
NOT_WELL = 1
EVERY_S = 1.0
_COLOURS = {
    "head": "1",
    GatewayCondition.WELL: "32",
    GatewayCondition.WAITING: "33",
    GatewayCondition.REFUSED: "33",
    GatewayCondition.TROUBLE: "31",
}


class AbsentAgent(msgspec.Struct, frozen=True):
    """What --json says where no agent answers, and what its spool's file holds."""

    sentence: str
    spool: SpoolOnDisk | None = None
    running: bool = False


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return _("Exit code 0: all is well; 1: something waits, is refused or is silent; 2: mistakes; 3: no agent answers.")


def add_options(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """The options of the command."""
    add_config(parser, _, completes_file)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help=_("print the screen once"))
    how.add_argument("--line", action="store_true", help=_("print one line, for scripts"))
    how.add_argument("--json", action="store_true", help=_("print all of it as JSON"))


def run(options: argparse.Namespace, language: LanguageCode) -> int:
    """Show how the gateway is doing; the exit code."""
    spool, _ = spool_path(options.config, language), catalog_of(language)
    if options.once or options.line or options.json or not sys.stdout.isatty():
        try:
            return _say_once(spool, options, _)
        except BrokenPipeError:
            sys.stdout = None  # whoever read has gone; nothing is left to flush
            return WELL
    with _screen():
        while True:
            _draw(_lines(spool, _, shutil.get_terminal_size().columns), _)
            try:
                time.sleep(EVERY_S)
            except KeyboardInterrupt:
                return WELL


def _say_once(spool: Path, options: argparse.Namespace, _: Catalog) -> int:
    try:
        snapshot = snapshot_at(control_path(spool))
    except AgentUnreachable as none:
        sentence, found = _absent(spool, none)
        if options.json:
            print(msgspec.json.encode(AbsentAgent(_.said(sentence), found)).decode())
        elif options.line:
            print(f"no agent: {'; '.join(_absent_words(sentence, found, _))}")
        else:
            print(*_absent_words(sentence, found, _), sep="\n")
        return NO_AGENT
    verdict = GatewayVerdict(snapshot)
    if options.json:
        print(msgspec.json.encode(status_document(snapshot)).decode())
    elif options.line:
        print(one_line(snapshot, _))
    else:
        print(*(line.text.rstrip() for line in screen(snapshot, _, _columns())), sep="\n")
    return WELL if verdict.condition is GatewayCondition.WELL else NOT_WELL


def _columns() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 80


def _lines(spool: Path, _: Catalog, columns: int) -> list[ScreenLine]:
    try:
        return screen(snapshot_at(control_path(spool)), _, columns)
    except AgentUnreachable as none:
        first, *others = _absent_words(*_absent(spool, none), _)
        lines = [ScreenLine(line, GatewayCondition.TROUBLE) for line in textwrap.wrap(first, columns)]
        return [*lines, *(ScreenLine(line) for each in others for line in textwrap.wrap(each, columns))]


def _absent(spool: Path, none: AgentUnreachable) -> tuple[LocalizedMessage, SpoolOnDisk | None]:
    """Why nobody answers; and what the spool's file says, where no agent has it open."""
    process = process_that_holds(spool)
    if process is not None and isinstance(none, AgentAbsent):
        sentence = LocalizedMessage(
            "siaga-edge runs (process {process}) and does not serve its control socket; its log says why: "
            "journalctl -u siaga-edge -n 50",
            process=process,
        )
        return sentence, None
    if process is not None or not isinstance(none, AgentAbsent):
        return none.problem, None
    with contextlib.suppress(DiskProblem):
        return none.problem, spool_on_disk(spool)
    return none.problem, None


def _absent_words(sentence: LocalizedMessage, found: SpoolOnDisk | None, _: Catalog) -> list[str]:
    words = [_.said(sentence)]
    if found is None:
        return words
    count, taken = _.number(found.depth, 0), size(_, found.bytes)
    if found.oldest_ms is None:
        words.append(_("its spool is empty: the cloud has all that was read"))
    else:
        oldest = local_time(found.oldest_ms, wall_ms())
        words.append(_("its spool holds {count} readings since {time}, {taken}", count=count, time=oldest, taken=taken))
    if not found.is_whole:
        words.append(_("what was written last is not counted; use sudo to have it counted too"))
    if found.lost:
        words.append(_("{count} readings were lost ever, and are declared", count=_.number(found.lost, 0)))
    return words


@contextlib.contextmanager
def _screen() -> Iterator[None]:
    """The terminal's other screen, without a cursor; the first one comes back as it was."""
    sys.stdout.write("\x1b[?1049h\x1b[?25l")
    try:
        yield
    except KeyboardInterrupt:  # while it was asking
        raise SystemExit(WELL) from None
    finally:
        sys.stdout.write("\x1b[?25h\x1b[?1049l")
        sys.stdout.flush()


def _draw(lines: list[ScreenLine], _: Catalog) -> None:
    rows = shutil.get_terminal_size().lines
    shown = lines if len(lines) <= rows else [*lines[: rows - 1], _more(len(lines) - rows + 1, _)]
    sys.stdout.write("\x1b[H" + "\r\n".join(f"{coloured(line)}\x1b[K" for line in shown) + "\x1b[J")
    sys.stdout.flush()


def _more(count: int, _: Catalog) -> ScreenLine:
    return ScreenLine(_("… {count} more lines: siaga-edge status --once shows all", count=count), "head")


def coloured(line: ScreenLine) -> str:
    """The line with its colour, unless the person wants none (https://no-color.org)."""
    code = _COLOURS.get(line.tone, "")
    return f"\x1b[{code}m{line.text}\x1b[0m" if code and not os.environ.get("NO_COLOR") else line.text
