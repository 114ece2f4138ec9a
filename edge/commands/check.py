"""siaga-edge check [--connect] --config edge.toml: every mistake at once; and the way to the cloud, step by step."""

import argparse
import sys
from pathlib import Path

from edge.check import CheckedSettings
from edge.commands import BROKEN, INTERRUPTED, MISTAKES, WELL
from edge.commands.shared import add_config, checked_settings, complain
from edge.terminal import say, say_step, summary, time_comes_from
from i18n.catalog import N_, Catalog, LanguageCode
from i18n.message import LocalizedMessage

EXPLAINED = N_(
    "Prints every mistake in the settings with what to write instead: broken keys, ports, files and folders. A "
    "port that is not there yet is only a warning. With --connect it also tries the way to the cloud: name, TLS, "
    "login, topic rights, and an ack from end to end; an agent that runs under the same id loses its connection "
    "for that moment."
)


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return _("Exit code 0: no mistakes; 1: a step of --connect failed; 2: mistakes.")


def add_options(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """The options of the command."""
    add_config(parser, _, completes_file)
    parser.add_argument("--verbose", action="store_true", help=_("log more"))
    parser.add_argument("--connect", action="store_true", help=_("also try the way to the cloud, step by step"))


def run(options: argparse.Namespace, language: LanguageCode) -> int:
    """Check the settings, and try the way to the cloud where that is asked for; the exit code."""
    checked = checked_settings(options.config, language)
    if checked.note:  # the agent runs by the copy, and the file has nothing that could be checked
        return MISTAKES
    say([summary(options.config.name, checked), time_comes_from(checked)], language, sys.stdout)
    _say_what_does_not_fit(options.config, checked, language)
    try:
        return _connect(checked, language) if options.connect else WELL
    except KeyboardInterrupt:
        return INTERRUPTED


def _say_what_does_not_fit(config: Path, checked: CheckedSettings, language: LanguageCode) -> None:
    from edge.commission.expected_here import differences, expected_here

    expected = expected_here(config, checked.settings.spool.path)
    warnings = [
        LocalizedMessage("warning: {sentence}", sentence=each) for each in differences(checked.settings, expected)
    ]
    if warnings:
        complain(warnings, language)


def _connect(checked: CheckedSettings, language: LanguageCode) -> int:
    from edge.connection import connection_steps  # 0.25 MB that a check without it does not need

    well = True
    for step in connection_steps(checked.settings):
        say_step(step, language, sys.stdout)
        well = well and step.ok
    return WELL if well else BROKEN
