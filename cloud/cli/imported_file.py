"""What the commands that import a file share: the file, and whether it is taken over or only compared.

siaga-cloud registry import city.toml [--yes | --dry-run] [--reason WHY]        siaga-cloud rules import rules.toml …
"""

from pathlib import Path
from typing import Annotated

import typer

from runtime.reasons import reason_of
from runtime.settings import SettingsError

File = Annotated[Path, typer.Argument(metavar="FILE")]
Yes = Annotated[bool, typer.Option("--yes", help="Make the changes; else they are only shown.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show the changes, as without --yes.")]
Reason = Annotated[str, typer.Option(help="Why, for the journal.")]


def applies_by(yes: bool, dry_run: bool) -> bool:
    """Whether a file is taken over; SettingsError where the options contradict each other."""
    if yes and dry_run:
        raise SettingsError(["--yes makes the changes and --dry-run makes none; leave one of them out"])
    return yes


def text_of(file: Path, *, most_bytes: int) -> str:
    """Read a file; SettingsError where it cannot be read, is too long, or is no UTF-8."""
    try:
        if file.stat().st_size > most_bytes:
            raise SettingsError([f"{file}: is larger than {most_bytes // 2**20} MiB; split it"])
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SettingsError([f"{file}: cannot be read: {reason_of(error)}"]) from None
    except UnicodeDecodeError as error:
        raise SettingsError([f"{file}: is not UTF-8 at byte {error.start}; save it as UTF-8"]) from None
