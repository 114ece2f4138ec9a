"""siaga-edge uninstall [--keep-data]: takes back what `install` has made; readings that were not sent hold it up."""

import argparse
import contextlib
import sqlite3
import sys
from pathlib import Path

from edge.commands import BROKEN, MISTAKES, WELL
from edge.commands.install import refusal_to
from edge.commands.shared import add_root, complain
from edge.installation.parts import CannotInstall, Folder, ServiceUser
from edge.installation.plan import STATE, plan, program_of, reload
from edge.terminal import say
from i18n.catalog import N_, Catalog, LanguageCode
from i18n.message import LocalizedMessage

EXPLAINED = N_(
    "Stops the service and takes back all that install has made. With --keep-data settings, spool and user stay. "
    "Where readings wait for the cloud it refuses, unless they may be lost."
)


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return "sudo siaga-edge uninstall --keep-data"


def add_options(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """The options of the command."""
    add_root(parser, _)
    parser.add_argument("--keep-data", action="store_true", help=_("leave settings, spool and user as they are"))
    parser.add_argument("--lose-readings", action="store_true", help=_("also where readings wait for the cloud"))


def run(options: argparse.Namespace, language: LanguageCode) -> int:
    """Take it back; the exit code."""
    root, program = options.root, program_of(Path(sys.prefix))
    is_real = root == Path("/")
    refusal = refusal_to("uninstall", program) if is_real else None
    spool = root / STATE / "spool.db"
    if refusal is None and not options.keep_data and not options.lose_readings and has_readings(spool):
        refusal = LocalizedMessage(
            "{spool} has readings that the cloud has not stored; let them be sent first, or keep them with "
            "--keep-data, or say --lose-readings",
            spool=str(spool),
        )  # fmt: skip
    if refusal is not None:
        complain([refusal], language)
        return MISTAKES
    has_systemd = is_real and Path("/run/systemd/system").is_dir()
    try:
        for part in reversed(plan(root, program, language=language, has_systemd=has_systemd)):
            if options.keep_data and isinstance(part, (ServiceUser, Folder)):
                continue
            part.remove()
            say([LocalizedMessage("taken back: {part}", part=part.sentence)], language, sys.stdout)
        for command in reload() if has_systemd else ():
            command.make()
    except CannotInstall as error:
        complain([error.problem], language)
        return BROKEN
    except OSError as error:
        complain([LocalizedMessage("{file}: {reason}", file=str(error.filename), reason=error.strerror)], language)
        return BROKEN
    rest = LocalizedMessage("the programs stay in {folder}", folder=str(Path(sys.prefix)))
    say([rest], language, sys.stdout)
    return WELL


def has_readings(spool: Path) -> bool:
    """Whether readings wait in the file; one that cannot be read may have some."""
    if not spool.exists():
        return False
    try:
        with contextlib.closing(sqlite3.connect(f"file:{spool}?mode=ro", uri=True)) as db:
            return db.execute("SELECT 1 FROM reading LIMIT 1").fetchone() is not None
    except sqlite3.Error:
        return True
