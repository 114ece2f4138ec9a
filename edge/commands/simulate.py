"""siaga-edge simulate NAME PATH: a simulated device on a pseudo-terminal, or on a tty."""

import argparse
from pathlib import Path

from edge.commands import MISTAKES, WELL
from edge.commands.shared import add_option, complain
from edge.simulate import CannotDecode, CannotSimulate, simulate
from firmware_bridge.simulated.faults import FAULTS
from i18n.catalog import N_, Catalog, LanguageCode
from i18n.message import LocalizedMessage

EXPLAINED = N_(
    "Makes a pseudo-terminal on which a simulated device of a serial family writes and answers, and a link to it "
    "at PATH; where a tty is there, it writes to that one. With --fault all that it writes is spoilt in one way."
)


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return "siaga-edge simulate sds011 /tmp/air"


def add_options(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """The options of the command."""
    parser.add_argument("family", metavar=_("NAME"), help=_("a serial family or model: see decode --list"))
    path = parser.add_argument(
        "path", type=Path, metavar=_("PATH"), help=_("where the link to the pseudo-terminal is made, or a tty")
    )
    path.complete = completes_file  # type: ignore[attr-defined]  # where shtab finds it
    add_option(parser, _)
    parser.add_argument("--fault", choices=FAULTS, default="", help=_("spoil what it writes"))


def run(options: argparse.Namespace, language: LanguageCode) -> int:
    """Play the device until it is told to stop; the exit code."""

    def say(sentence: LocalizedMessage) -> None:
        complain([sentence], language)

    try:
        simulate(options.family, options.path, options.option, fault=options.fault, say=say)
    except (CannotDecode, CannotSimulate) as error:
        complain([error.problem], language)
        return MISTAKES
    return WELL
