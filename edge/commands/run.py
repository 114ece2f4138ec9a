"""siaga-edge run --config edge.toml: the agent itself."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from edge import last_good
from edge.agent import run_agent
from edge.check import CheckedSettings
from edge.commands import BROKEN, WELL
from edge.commands.shared import add_config, checked_settings, complain
from edge.lock import SpoolLocked, locked
from edge.memory import use_one_arena
from i18n.catalog import N_, Catalog, LanguageCode
from i18n.terminal import language_of_terminal
from runtime.logs import set_up_logs

EXPLAINED = N_(
    "Reads the sensors that the settings name, keeps their readings on disk and sends them to the cloud. SIGHUP "
    "reads the settings again: only the sources that changed start anew. SIGTERM stops cleanly. Its log is in "
    "English."
)


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return ""


def add_options(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """The options of the command."""
    add_config(parser, _, completes_file)
    parser.add_argument("--verbose", action="store_true", help=_("log more"))


def run(options: argparse.Namespace, _: LanguageCode) -> int:
    """Run the gateway until it is told to stop; the exit code."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the agent obeys it: they are being read anyway
    # without a terminal it is a log, which is English
    language = language_of_terminal(getattr(options, "language", ""), has_terminal=sys.stderr.isatty())
    checked = checked_settings(options.config, language)
    set_up_logs(verbose=options.verbose)
    if not checked.note:
        last_good.keep(options.config, checked.settings.spool.path)
    return _run(options.config, checked, language)


def _run(config: Path, checked: CheckedSettings, language: LanguageCode) -> int:
    use_one_arena()
    try:
        with locked(checked.settings.spool.path):
            return WELL if asyncio.run(run_agent(config, checked)) else BROKEN
    except SpoolLocked as taken:
        complain([taken.problem], language)
        return BROKEN
