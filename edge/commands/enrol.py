"""siaga-edge enrol FILE|-|SIAGA1:…: from the bundle that the server made to a gateway that is connected."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge.commands import BROKEN, INTERRUPTED, MISTAKES, WELL
from edge.commands.shared import add_config, complain, no_agent_meanwhile
from edge.lock import SpoolLocked
from i18n.catalog import N_, Catalog, LanguageCode
from i18n.message import LocalizedMessage

if TYPE_CHECKING:
    from wire.enrolment_bundle import EnrolmentBundle

EXPLAINED = N_(
    "Takes the bundle that the server made for this gateway, from a file, from the standard input, or as the text of "
    "its QR code. Connects once with its one-time login, receives the lasting one and what the city expects here, "
    "proves it with an ack from end to end, and writes edge.toml, or its [uplink] where the file is there. Where it "
    "breaks off nothing is spent: run it again."
)


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return _("Exit code 0: enrolled; 1: a step failed, and the bundle is as good as before; 2: it is no usable bundle.")


def add_options(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """The options of the command."""
    bundle = parser.add_argument(
        "bundle", metavar=_("BUNDLE"), help=_("the file, - for the standard input, or the text itself")
    )
    bundle.complete = completes_file  # type: ignore[attr-defined]  # where shtab finds it
    add_config(parser, _, completes_file)
    parser.add_argument(
        "--offline", action="store_true", help=_("do not connect now: the agent does, when there is a link")
    )


def run(options: argparse.Namespace, language: LanguageCode) -> int:
    """Enrol this gateway; the exit code."""
    from edge.enrol.bundle_text import bundle_in
    from edge.enrol.failed import EnrolmentFailed

    try:
        bundle = bundle_in(options.bundle)
    except EnrolmentFailed as error:
        complain([error.problem], language)
        return MISTAKES
    try:
        with no_agent_meanwhile(options.config):
            return _enrol(bundle, options, language)
    except SpoolLocked:
        said = LocalizedMessage(
            "the agent runs here; stop it first (sudo systemctl stop siaga-edge), and start it after this"
        )
        complain([said], language)
        return BROKEN
    except KeyboardInterrupt:
        return INTERRUPTED


def _enrol(bundle: "EnrolmentBundle", options: argparse.Namespace, language: LanguageCode) -> int:
    from edge.commission.next_step import next_after_enrolment
    from edge.enrol.enrolment import Enrolment
    from edge.enrol.failed import EnrolmentFailed
    from edge.terminal import say, say_step

    try:
        enrolment = Enrolment(
            bundle,
            options.config,
            say=lambda sentence: say([sentence], language, sys.stdout),
            say_step=lambda step: say_step(step, language, sys.stdout),
        )
        enrolment.run(beside=Path(options.bundle).parent, offline=options.offline)
        if options.command == "enrol":  # init goes on by itself
            say([next_after_enrolment(options.config, offline=options.offline)], language, sys.stdout)
    except EnrolmentFailed as error:
        complain([error.problem], language)
        return BROKEN
    return WELL
