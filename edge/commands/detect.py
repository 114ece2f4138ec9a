"""siaga-edge detect [PORT]: what hangs on each serial port, how sure that is, and the lines for edge.toml."""

import argparse
import sys
from pathlib import Path

from edge.commands import BROKEN, INTERRUPTED, WELL
from edge.commands.shared import add_config, seconds
from edge.detect.found import Nothing
from edge.detect.messages import proposed_for
from edge.detect.ports import lasting_name, ports_of_this_machine
from edge.detect.progress import clear_progress, show_progress
from edge.detect.run import PortSearched, broker_nearby, search_port, source_at
from edge.detect.sentences import PROGRESS, of_broker, of_line, of_the_file, of_topic
from edge.detect.source_lines import of_text, proposed
from edge.detect.text_guess import options_of_text
from edge.terminal import say
from i18n.catalog import N_, Catalog, LanguageCode
from i18n.message import LocalizedMessage

SECONDS = 60.0
EXPLAINED = N_(
    "Listens on a serial port, or on all of them, at each usual rate; then asks, politely: nothing is set in any "
    "device. It says which family is heard and how sure that is, or what is wrong with the wires, and prints the lines "
    "for edge.toml on its standard output. It works without any network."
)


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return _("Exit code 0: each port has a device that is known; 1: one has none, or another program reads it.")


def add_options(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """The options of the command."""
    port = parser.add_argument("port", nargs="*", type=Path, metavar=_("PORT"), help=_("a port; left out: all of them"))
    port.complete = completes_file  # type: ignore[attr-defined]  # where shtab finds it
    parser.add_argument("--mqtt", action="store_true", help=_("listen on the local broker instead of serial ports"))
    parser.add_argument("--gpio", action="store_true", help=_("name the GPIO chips and their lines instead"))
    parser.add_argument(
        "--seconds", type=seconds, default=SECONDS, metavar=_("SECONDS"), help=_("for each port at most")
    )
    add_config(parser, _, completes_file)


def run(options: argparse.Namespace, language: LanguageCode) -> int:
    """Look at each port, at the GPIO chips, or listen on the local broker; the exit code."""
    if options.gpio:
        return _gpio(language)
    if options.mqtt:
        return _mqtt(options, language)
    ports = [str(lasting_name(port)) for port in options.port] or [str(port) for port in ports_of_this_machine()]
    if not ports:
        say([LocalizedMessage("no serial port was found; plug the adapter in")], language, sys.stderr)
        return BROKEN
    try:
        return _run(ports, options, language)
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(ports: list[str], options: argparse.Namespace, language: LanguageCode) -> int:
    is_well, taken = True, set[str]()
    for port in ports:
        say([port], language, sys.stderr)
        progress = show_progress(language, sys.stderr)
        searched = search_port(port, options.config, seconds=options.seconds, progress=progress)
        clear_progress(sys.stderr)
        is_well = _tell(searched, options.config, taken, language) and is_well
    return WELL if is_well else BROKEN


def _tell(searched: PortSearched, config: Path, taken: set[str], language: LanguageCode) -> bool:
    """Say what came of a port, and print its lines; whether a device is known."""
    found = searched.found
    if found is None:
        say([searched.problem], language, sys.stderr)
        return False
    say([*of_line(found), *of_the_file(found, source_at(config, searched.port))], language, sys.stderr)
    if found.nothing is Nothing.UNKNOWN_TEXT:
        guessed = options_of_text(found.heard)
        source = of_text(found.heard, guessed, searched.port, found.heard_baud, taken)
    elif found.devices:
        source = proposed(found.devices, searched.port, taken)
    else:
        return False
    taken |= {source.table["name"], source.table.get("sensor", ""), *source.table.get("channels", {}).values()}
    print(f"\n{source.lines()}", end="", flush=True)
    return source.is_whole


def _gpio(language: LanguageCode) -> int:
    from edge.detect.chips import chips_of_this_machine, of_chip

    chips = chips_of_this_machine()
    if not chips:
        say([LocalizedMessage("this machine has no GPIO chip")], language, sys.stderr)
        return BROKEN
    for chip in chips:
        say(of_chip(chip), language, sys.stdout)
    return WELL


def _mqtt(options: argparse.Namespace, language: LanguageCode) -> int:
    from edge.detect.local_broker import BrokerSilent, heard_on

    broker = broker_nearby(options.config)
    where = LocalizedMessage("{seconds:g} s at {broker}", seconds=options.seconds, broker=str(broker))
    say([LocalizedMessage("{what}: {where}", what=PROGRESS["listen"], where=where)], language, sys.stderr)
    try:
        heard = heard_on(broker, options.seconds)
    except BrokerSilent as silent:
        say([silent.problem], language, sys.stderr)
        return BROKEN
    except KeyboardInterrupt:
        return INTERRUPTED
    topics = heard.found()
    say([*map(of_topic, topics), *of_broker(heard)], language, sys.stderr)
    taken: set[str] = set()
    for source in filter(None, (proposed_for(found, taken) for found in topics)):
        print(f"\n{source.lines()}", end="", flush=True)
    return WELL if any(found.dialect for found in topics) else BROKEN
