"""What siaga-edge understands, with its help in the language of whoever types.

siaga-edge [--language id|en] COMMAND …

It is parsed silently first: only a help or a refusal needs words, so an agent that runs has loaded no catalog.
"""

import argparse
import contextlib
import gettext
import os
import sys
from collections.abc import Iterator, Sequence
from typing import NoReturn

from edge.commands import COMMANDS, command_of
from edge.version import version
from i18n.catalog import DOMAIN, LOCALE, N_, Catalog, LanguageCode, catalog_of

LANGUAGES = tuple(code.value for code in LanguageCode)
_PROGRAM = N_("The gateway agent of Siaga: from the sensors to the cloud, with nothing lost.")
_OF_ARGPARSE = (  # its own words, which it asks of gettext (Python 3.11 to 3.14)
    N_("usage: "),
    N_("options"),
    N_("positional arguments"),
    N_("show this help message and exit"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
    N_("expected one argument"),
    N_("ignored explicit argument %r"),
    N_("invalid %(type)s value: %(value)r"),
    N_("ambiguous option: %(option)s could match %(matches)s"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("invalid choice: %(value)s (choose from %(choices)s)"),
)


class _MustSpeak(Exception):
    """There is something to say: a help, or what is wrong with the command."""


class _Silent(argparse.ArgumentParser):
    """A parser that says nothing by itself."""

    def print_help(self, file: object = None) -> NoReturn:
        """Leave the help to a parser in the right language."""
        raise _MustSpeak

    def error(self, message: str) -> NoReturn:
        """Leave the refusal to a parser in the right language."""
        raise _MustSpeak


class _Speaking(argparse.ArgumentParser):
    """A parser whose refusals are wrapped like all that the command says."""

    def error(self, message: str) -> NoReturn:
        """Write how the command is used and what is wrong; exit code 2."""
        from edge.terminal import write  # an agent that runs well has nothing to say

        self.print_usage(sys.stderr)
        write("", f"{self.prog}: {message}", sys.stderr, indent=2)
        sys.exit(2)


def language_asked(arguments: Sequence[str] | None) -> str:
    """What follows --language, wherever it stands; empty where nothing usable does."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--language", choices=LANGUAGES, default="")
    try:
        return str(parser.parse_known_args(arguments)[0].language)
    except argparse.ArgumentError:
        return ""


def parse(arguments: Sequence[str] | None, language: LanguageCode) -> argparse.Namespace:
    """What is asked for; SystemExit after a help or a refusal, in `language`."""
    try:
        return parser_in(LanguageCode.ENGLISH, kind=_Silent, only=_typed(arguments)).parse_args(arguments)
    except _MustSpeak:
        with argparse_in(language):
            return parser_in(language).parse_args(arguments)


def _typed(arguments: Sequence[str] | None) -> str:
    """The command that is typed: the first word that is one; empty where none is."""
    words = sys.argv[1:] if arguments is None else arguments
    return next((word for word in words if word in COMMANDS), "")


@contextlib.contextmanager
def argparse_in(language: LanguageCode) -> Iterator[None]:
    """Let argparse say its own words in `language`: it asks gettext's domain of the process."""
    domain, before = gettext.textdomain(), os.environ.get("LANGUAGE")
    gettext.bindtextdomain(DOMAIN, LOCALE)
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = language
    try:
        yield
    finally:
        gettext.textdomain(domain)
        if before is None:
            del os.environ["LANGUAGE"]
        else:
            os.environ["LANGUAGE"] = before


def completion(shell: str, language: LanguageCode) -> str:
    """The script with which `shell` completes the command, explained in `language`."""
    import shtab  # of little use to a running agent

    with argparse_in(language):
        return str(shtab.complete(parser_in(language, completes_file=shtab.FILE), shell=shell))


def parser_in(
    language: LanguageCode,
    *,
    kind: type[argparse.ArgumentParser] = _Speaking,
    completes_file: object = None,
    only: str = "",
) -> argparse.ArgumentParser:
    """The parser with its texts in `language`; `completes_file` is shtab's word for an option that is a file.

    `only`: the command whose options it knows, where that is enough; the files of the others are not loaded.
    """
    _ = catalog_of(language)
    parser = kind(prog="siaga-edge", description=_(_PROGRAM))
    parser.add_argument(
        "--version", action="version", version=f"siaga-edge {version()}", help=_("show the version and exit")
    )
    _add_language(parser, _)
    commands = parser.add_subparsers(dest="command", required=True, metavar=_("COMMAND"), title=_("commands"))
    for name, said in COMMANDS.items():
        if only not in ("", name):
            commands.add_parser(name)
            continue
        known = command_of(name)
        command = commands.add_parser(name, help=_(said), description=_(known.EXPLAINED), epilog=known.below(_))
        _add_language(command, _)
        known.add_options(command, _, completes_file)
    return parser


def _add_language(parser: argparse.ArgumentParser, _: Catalog) -> None:
    parser.add_argument(
        "--language",
        choices=LANGUAGES,
        default=argparse.SUPPRESS,
        help=_("speak it; otherwise SIAGA_LANGUAGE says which, then the terminal's locale (LC_ALL, LANG)"),
    )
