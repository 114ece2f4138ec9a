"""siaga-edge completion bash: the script with which a shell completes the command."""

import argparse

from edge.command_line import completion
from edge.commands import WELL
from i18n.catalog import N_, Catalog, LanguageCode

SHELLS = ("bash", "zsh", "tcsh")
EXPLAINED = N_("Prints the script with which a shell completes this command and its options.")


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return "siaga-edge completion bash > /etc/bash_completion.d/siaga-edge"


def add_options(parser: argparse.ArgumentParser, _: Catalog, _completes_file: object) -> None:
    """The options of the command."""
    parser.add_argument("shell", choices=SHELLS, help=_("the shell that the script is for"))


def run(options: argparse.Namespace, language: LanguageCode) -> int:
    """Print the script; the exit code."""
    print(completion(options.shell, language))
    return WELL
