"""siaga-edge install [--root DIR] [--dry-run]: user, folders, unit, udev and polkit rules, completion."""

import argparse
import os
import sys
from pathlib import Path

from edge.commands import BROKEN, MISTAKES, WELL
from edge.commands.shared import add_root, complain
from edge.installation.parts import CannotInstall, InstallationPart
from edge.installation.plan import SETTINGS, plan, program_of
from edge.terminal import say
from i18n.catalog import N_, Catalog, LanguageCode
from i18n.message import LocalizedMessage

EXPLAINED = N_(
    "Makes this installation a service of the machine: the user siaga, folders for settings and spool, the systemd "
    "unit, udev rules for serial lines and GPIO, a polkit rule for the modem, completion for bash and zsh, and the "
    "command itself in the path. What is there already stays; it may be run again at any time."
)
_HOMES = (Path("/home"), Path("/root"))


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return "sudo siaga-edge install · siaga-edge install --dry-run"


def add_options(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """The options of the command."""
    add_root(parser, _)
    parser.add_argument("--dry-run", action="store_true", help=_("show what would be done, and do nothing"))


def run(options: argparse.Namespace, language: LanguageCode) -> int:
    """Make what is lacking; the exit code."""
    root, program = options.root, program_of(Path(sys.prefix))
    is_real = root == Path("/")
    refusal = None if options.dry_run or not is_real else refusal_to("install", program)
    if refusal is not None:
        complain([refusal], language)
        return MISTAKES
    has_systemd = Path("/run/systemd/system").is_dir()
    try:
        for part in plan(root, program, language=language, has_systemd=has_systemd):
            say([_line(part, is_dry=options.dry_run)], language, sys.stdout)
    except CannotInstall as error:
        complain([error.problem], language)
        return BROKEN
    except OSError as error:
        complain([LocalizedMessage("{file}: {reason}", file=str(error.filename), reason=error.strerror)], language)
        return BROKEN
    say(_next_steps(root, has_systemd=has_systemd), language, sys.stdout)
    return WELL


def refusal_to(command: str, program: Path) -> LocalizedMessage | None:
    """Why the machine itself cannot be changed by this process; None where it can."""
    if os.geteuid() != 0:
        return LocalizedMessage(
            "this changes the machine, so it needs root: sudo {program} {command}",
            program=str(program), command=command,
        )  # fmt: skip
    if any(program.is_relative_to(home) for home in _HOMES):
        return LocalizedMessage(
            "the service sees no home folders, and this installation is in one ({program}); install Siaga below /opt, "
            "and run it from there", program=str(program),
        )  # fmt: skip
    return None


def _line(part: InstallationPart, *, is_dry: bool) -> LocalizedMessage:
    if part.is_there():
        return LocalizedMessage("there already: {part}", part=part.sentence)
    if is_dry:
        return LocalizedMessage("would be made: {part}", part=part.sentence)
    part.make()
    return LocalizedMessage("made: {part}", part=part.sentence)


def _next_steps(root: Path, *, has_systemd: bool) -> list[LocalizedMessage]:
    steps = []
    if root == Path("/") and not has_systemd:
        steps.append(LocalizedMessage("systemd does not run here, so the service was not turned on"))
    if not (root / SETTINGS).exists():
        steps.append(
            LocalizedMessage(
                "next: sudo siaga-edge init BUNDLE (or write {settings}, and try it with sudo siaga-edge check), then: "
                "sudo systemctl start siaga-edge",
                settings=str(root / SETTINGS),
            )
        )
    return steps
