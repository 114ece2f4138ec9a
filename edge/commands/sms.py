"""siaga-edge sms test NUMBER: one SMS by the modem, now, agent or not; nothing else ever sends one without an alarm."""

import argparse
import asyncio
import sys

from edge.commands import BROKEN, WELL
from edge.commands.shared import add_config, checked_settings, complain
from edge.phone_number import is_phone_number
from i18n.catalog import N_, Catalog, LanguageCode, catalog_of
from i18n.message import LocalizedMessage

EXPLAINED = N_(
    "Sends one SMS by the modem, so that somebody sees whether SMS of alarms would arrive. A running agent goes on; "
    "the SMS counts for none of its limits."
)


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return "siaga-edge sms test +628123456789"


def add_options(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """The options of the command."""
    add_config(parser, _, completes_file)
    parser.add_argument("what", choices=("test",), help=_("test: send one SMS"))
    parser.add_argument(
        "number", type=phone_number, metavar=_("NUMBER"), help=_("with its country, such as +628123456789")
    )


def phone_number(text: str) -> str:
    """A number of a telephone; ValueError, which argparse turns into a refusal."""
    if not is_phone_number(text):
        raise ValueError(text)
    return text


def run(options: argparse.Namespace, language: LanguageCode) -> int:
    """Send it; the exit code."""
    from edge.modem.bus import ModemProblem
    from edge.terminal import say

    gateway = checked_settings(options.config, language).settings.gateway.id
    _ = catalog_of(language)
    text = _("Test of SMS by {gateway}: no alarm.", gateway=gateway)
    try:
        asyncio.run(_send(options.number, text))
    except ModemProblem as error:
        complain([error.problem], language)
        return BROKEN
    say([LocalizedMessage("the network has taken the SMS; see whether it arrives")], language, sys.stdout)
    return WELL


async def _send(number: str, text: str) -> None:
    from edge.alarms.sms.gsm7 import folded
    from edge.modem.bus import ModemManagerBus, ModemProblem
    from edge.modem.view import NO_MODEM, sms_problem_of

    bus = ModemManagerBus()
    try:
        view = await bus.poll()
        problem = sms_problem_of(view)
        if problem is not None or view is None:
            raise ModemProblem(problem or NO_MODEM)
        path = await bus.create(view, number, folded(text))
        await bus.send(path)
        await bus.forget(view, path)
    finally:
        await bus.close()
