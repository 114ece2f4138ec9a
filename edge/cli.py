"""siaga-edge run | check | …: the commands stand in edge/commands/, a file each.

Exit codes: 0 well, 1 an error of the agent itself, another agent on its spool, or something that was tried failed, 2
the settings or the command have mistakes (each is printed), 130 somebody pressed Ctrl-C while it was waiting.
"""

import argparse
import sys
from collections.abc import Sequence

from edge.command_line import language_asked, parse
from edge.commands import MISTAKES, OF_THE_SERVICE, command_of
from i18n.catalog import LanguageCode
from i18n.terminal import language_of_terminal


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    language = language_of_terminal(language_asked(arguments))
    options = parse(arguments, language)
    if options.command in OF_THE_SERVICE and not _may(options, language):
        return MISTAKES
    try:
        return command_of(options.command).run(options, language)
    except SystemExit as left:  # mistakes in the settings, which were said
        return int(left.code or 0)


def _may(options: argparse.Namespace, language: LanguageCode) -> bool:
    """Whether this user can use the command on these settings; why not is said."""
    from edge.commands.rights import refusal_of
    from edge.commands.shared import complain

    refusal = refusal_of(options.command, options.config)
    if refusal is not None:
        complain([refusal], language)
    return refusal is None


if __name__ == "__main__":
    sys.exit(main())
