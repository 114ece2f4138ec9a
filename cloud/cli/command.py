"""What every command is made of: a Typer app that prints plain text, the option --config, and errors of one sentence.

app = new_app()                 @app.command()   @one_sentence(BackupError)   def restore(config: Config, …) -> None: …
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from runtime.settings import SettingsError

Config = Annotated[Path, typer.Option("--config", metavar="cloud.toml", help="The settings file.")]


def new_app(**options: Any) -> typer.Typer:
    """Make an app whose help and errors are plain text, as logs and pipes want them."""
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, **options)


def print_text(text: str) -> None:
    """Print what a command answers, on standard output."""
    sys.stdout.write(f"{text.rstrip()}\n")


@contextmanager
def one_sentence(*expected: type[Exception]) -> Iterator[None]:
    """Raise what is expected as SettingsError, which `main` prints as one line; all else is a mistake of ours."""
    try:
        yield
    except expected as error:
        raise SettingsError([str(error)]) from None
