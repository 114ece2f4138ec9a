"""siaga-edge decode NAME FILE: what a family or dialect makes of a capture, one JSON object a line."""

import argparse
import sys

from edge.commands import MISTAKES, WELL
from edge.commands.shared import add_option, complain
from edge.decode import CannotDecode, decode, known
from i18n.catalog import N_, Catalog, LanguageCode

EXPLAINED = N_(
    "Reads bytes as a serial sensor sent them, or lines of topic, tab and payload as MQTT brought them, and prints "
    "one JSON object a line: a reading, what was noise and why, or what a frame says besides. A payload of bytes "
    "stands as hex:… or base64:…; an option that is a table as values.pm2_5=pm.2_5, or as TOML in quotes."
)


class _ListKnown(argparse.Action):
    """Prints the families and dialects."""

    def __call__(self, *_: object) -> None:
        print(*known(), sep="\n")
        sys.exit(0)


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return "siaga-edge decode sds011 --hex capture.txt · siaga-edge decode tasmota messages.tsv"


def add_options(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """The options of the command."""
    parser.add_argument("name", metavar=_("NAME"), help=_("a family, dialect or model: see --list"))
    file = parser.add_argument("file", metavar=_("FILE"), help=_("the capture; - is the standard input"))
    file.complete = completes_file  # type: ignore[attr-defined]  # where shtab finds it
    add_option(parser, _)
    parser.add_argument("--time", default="", metavar=_("TIME"), help=_("when it came; else now"))
    parser.add_argument("--hex", action="store_true", help=_("the file has hexadecimal text"))
    parser.add_argument("--list", nargs=0, action=_ListKnown, help=_("print what is known, and leave"))


def run(options: argparse.Namespace, language: LanguageCode) -> int:
    """Print what the capture means; the exit code."""
    try:
        for line in decode(options.name, options.option, time=options.time, as_hex=options.hex, file=options.file):
            print(line)
    except CannotDecode as error:
        complain([error.problem], language)
        return MISTAKES
    except BrokenPipeError:
        sys.stdout = None  # whoever read has gone; nothing is left to flush
    return WELL
