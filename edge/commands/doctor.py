"""siaga-edge doctor [--json]: is all well with this gateway, and if not, what is to be done?"""

import argparse
import sys

from edge.commands import BROKEN, INTERRUPTED, MISTAKES, WELL
from edge.commands.shared import add_config, complain, seconds
from i18n.catalog import N_, Catalog, LanguageCode

EXPLAINED = N_(
    "Looks at the disk, the card, the clock, the voltage, each source and the way to the cloud, and says of each "
    "whether it is well and what is to be done. A running agent is asked and keeps its lines and its connection; where "
    "none runs, each serial line is opened for some seconds and the cloud is tried from here."
)


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return _("Exit code 0: nothing failed; 1: something did; 2: the settings have mistakes.")


def add_options(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """The options of the command."""
    add_config(parser, _, completes_file)
    parser.add_argument("--json", action="store_true", help=_("print one line of JSON, in English"))
    parser.add_argument(
        "--seconds", type=seconds, default=10.0, metavar=_("SECONDS"), help=_("for each serial line at most")
    )


def run(options: argparse.Namespace, language: LanguageCode) -> int:
    """Look at all of it; the exit code."""
    from edge.doctor.examination import Examination
    from edge.doctor.finding import CheckOutcome, as_json, worst_of
    from edge.doctor.screen import say_finding
    from edge.settings_in_use import checked_in_use
    from runtime.settings import SettingsError

    try:
        checked = checked_in_use(options.config)
    except SettingsError as error:
        complain(error.problems, language)
        return MISTAKES
    examination, found = Examination(checked, options.config, options.seconds), []
    try:
        for finding in examination.findings():
            found.append(finding)
            if not options.json:
                say_finding(finding, language, sys.stdout)
    except KeyboardInterrupt:
        return INTERRUPTED
    if options.json:
        line = as_json(found, gateway=checked.settings.gateway.id, agent_runs=examination.agent_runs)
        print(line.decode(), flush=True)
    return BROKEN if worst_of(found) is CheckOutcome.FAIL else WELL
