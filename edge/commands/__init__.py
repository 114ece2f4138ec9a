"""The commands of siaga-edge, a file each, and the table of them:  siaga-edge run | check | decode | …

A file has EXPLAINED, `below`, `add_options` and `run(options, language) -> exit code`. It is loaded when its command is
typed, or when a shell's completion or the help of all is written: a running agent loads `run.py` alone.
"""

import argparse
import importlib
from collections.abc import Callable
from typing import Protocol, cast

from i18n.catalog import N_, Catalog, LanguageCode

WELL = 0
BROKEN = 1
MISTAKES = 2
NO_AGENT = 3
"""No agent answers."""
INTERRUPTED = 130
"""128 and the number of SIGINT, as shells have it."""

COMMANDS = {
    "run": N_("run the gateway"),
    "enrol": N_("connect this gateway with the bundle that the server made"),
    "init": N_("write edge.toml for what hangs on this gateway"),
    "status": N_("show how the running gateway is doing"),
    "read": N_("show what comes from a source, and what is made of it"),
    "check": N_("check the settings"),
    "doctor": N_("say whether all is well, and what is to be done"),
    "detect": N_("find out what hangs on the serial ports"),
    "sms": N_("send an SMS, to see whether one arrives"),
    "bundle": N_("write a diagnostics archive without secrets"),
    "decode": N_("show what a family or dialect makes of a capture"),
    "update": N_("show what became of updates, or ask for one"),
    "simulate": N_("let a simulated device write to a line"),
    "install": N_("make this installation a service of the machine"),
    "uninstall": N_("take back what install has made"),
    "completion": N_("print the script that completes this command in a shell"),
}
"""What each command does, in a line; `name-of-it` is in `edge/commands/name_of_it.py`."""


OF_THE_SERVICE = frozenset({"bundle", "check", "doctor", "enrol", "init", "read", "status"})
"""Those that read or write what belongs to the service, or ask its agent: `rights.py`."""


class Command(Protocol):
    """What the file of a command has."""

    EXPLAINED: str
    below: Callable[[Catalog], str]
    add_options: Callable[[argparse.ArgumentParser, Catalog, object], None]
    run: Callable[[argparse.Namespace, LanguageCode], int]


def command_of(name: str) -> Command:
    """The command `name`, loaded."""
    return cast(Command, importlib.import_module(f"edge.commands.{name.replace('-', '_')}"))
