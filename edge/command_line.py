"""What siaga-edge understands, with its help in the language of whoever types.

siaga-edge [--language id|en] run|check|completion …

It is parsed silently first: only a help or a refusal needs words, so an agent that runs has loaded no catalog.
"""

import argparse
import contextlib
import gettext
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from edge.agent import version
from i18n.catalog import DOMAIN, LOCALE, N_, Catalog, LanguageCode, catalog_of

SHELLS = ("bash", "zsh", "tcsh")
LANGUAGES = tuple(code.value for code in LanguageCode)
_PROGRAM = N_("The gateway agent of Siaga: from the sensors to the cloud, with nothing lost.")
_HELP = {
    "run": N_("run the gateway"),
    "check": N_("check the settings"),
    "decode": N_("show what a family or dialect makes of a capture"),
    "simulate": N_("let a simulated device write to a line"),
    "completion": N_("print the script that completes this command in a shell"),
}
_EXPLAINED = {
    "run": N_(
        "Reads the sensors that the settings name, keeps their readings on disk and sends them to the cloud. SIGHUP "
        "reads the settings again: only the sources that changed start anew. SIGTERM stops cleanly. Its log is in "
        "English."
    ),
    "check": N_(
        "Prints every mistake in the settings with what to write instead: broken keys, ports, files and folders. A "
        "port that is not there yet is only a warning. With --connect it also tries the way to the cloud: name, TLS, "
        "login, topic rights, and an ack from end to end; an agent that runs under the same id loses its connection "
        "for that moment."
    ),
    "decode": N_(
        "Reads bytes as a serial sensor sent them, or lines of topic, tab and payload as MQTT brought them, and prints "
        "one JSON object a line: a reading, what was noise and why, or what a frame says besides. A payload of bytes "
        "stands as hex:… or base64:…; an option that is a table as values.pm2_5=pm.2_5, or as TOML in quotes."
    ),
    "simulate": N_(
        "Makes a pseudo-terminal on which a simulated device of a serial family writes and answers, and a link to it "
        "at PATH; where a tty is there, it writes to that one. With --fault all that it writes is spoilt in one way."
    ),
    "completion": N_("Prints the script with which a shell completes this command and its options."),
}
_BELOW: dict[str, Callable[[Catalog], str]] = {
    "run": lambda _: "",
    "check": lambda _: _("Exit code 0: no mistakes; 1: a step of --connect failed; 2: mistakes."),
    "decode": lambda _: "siaga-edge decode sds011 --hex capture.txt · siaga-edge decode tasmota messages.tsv",
    "simulate": lambda _: "siaga-edge simulate sds011 /tmp/air",
    "completion": lambda _: "siaga-edge completion bash > /etc/bash_completion.d/siaga-edge",
}
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


class _ListKnown(argparse.Action):
    """Prints the families and dialects."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from edge.decode import known

        print(*known(), sep="\n")
        sys.exit(0)


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
        return parser_in(LanguageCode.ENGLISH, kind=_Silent).parse_args(arguments)
    except _MustSpeak:
        with argparse_in(language):
            return parser_in(language).parse_args(arguments)


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
) -> argparse.ArgumentParser:
    """The parser with its texts in `language`; `completes_file` is shtab's word for an option that is a file."""
    _ = catalog_of(language)
    parser = kind(prog="siaga-edge", description=_(_PROGRAM))
    parser.add_argument(
        "--version", action="version", version=f"siaga-edge {version()}", help=_("show the version and exit")
    )
    _add_language(parser, _)
    commands = parser.add_subparsers(dest="command", required=True, metavar=_("COMMAND"), title=_("commands"))
    for name, explained in _EXPLAINED.items():
        command = commands.add_parser(name, help=_(_HELP[name]), description=_(explained), epilog=_BELOW[name](_))
        _add_language(command, _)
        _OPTIONS[name](command, _, completes_file)
    return parser


def _add_language(parser: argparse.ArgumentParser, _: Catalog) -> None:
    parser.add_argument(
        "--language",
        choices=LANGUAGES,
        default=argparse.SUPPRESS,
        help=_("speak it; otherwise SIAGA_LANGUAGE says which, then the terminal's locale (LC_ALL, LANG)"),
    )


def _add_options_of_run(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    config = parser.add_argument(
        "--config", type=Path, default=Path("edge.toml"), metavar=_("FILE"), help=_("the settings (edge.toml)")
    )
    config.complete = completes_file  # type: ignore[attr-defined]  # where shtab finds it
    parser.add_argument("--verbose", action="store_true", help=_("log more"))


def _add_options_of_check(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    _add_options_of_run(parser, _, completes_file)
    parser.add_argument("--connect", action="store_true", help=_("also try the way to the cloud, step by step"))


def _add_options_of_decode(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    parser.add_argument("name", metavar=_("NAME"), help=_("a family, dialect or model: see --list"))
    file = parser.add_argument("file", metavar=_("FILE"), help=_("the capture; - is the standard input"))
    file.complete = completes_file  # type: ignore[attr-defined]  # where shtab finds it
    _add_option(parser, _)
    parser.add_argument("--time", default="", metavar=_("TIME"), help=_("when it came; else now"))
    parser.add_argument("--hex", action="store_true", help=_("the file has hexadecimal text"))
    parser.add_argument("--list", nargs=0, action=_ListKnown, help=_("print what is known, and leave"))


def _add_options_of_simulate(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    from firmware_bridge.simulated.faults import FAULTS

    parser.add_argument("family", metavar=_("NAME"), help=_("a serial family or model: see decode --list"))
    path = parser.add_argument(
        "path", type=Path, metavar=_("PATH"), help=_("where the link to the pseudo-terminal is made, or a tty")
    )
    path.complete = completes_file  # type: ignore[attr-defined]  # where shtab finds it
    _add_option(parser, _)
    parser.add_argument("--fault", choices=FAULTS, default="", help=_("spoil what it writes"))


def _add_option(parser: argparse.ArgumentParser, _: Catalog) -> None:
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar=_("KEY=VALUE"),
        help=_("an option of the source, as in edge.toml"),
    )


def _add_options_of_completion(parser: argparse.ArgumentParser, _: Catalog, _completes_file: object) -> None:
    parser.add_argument("shell", choices=SHELLS, help=_("the shell that the script is for"))


_OPTIONS = {
    "run": _add_options_of_run,
    "check": _add_options_of_check,
    "decode": _add_options_of_decode,
    "simulate": _add_options_of_simulate,
    "completion": _add_options_of_completion,
}
